import { type Connection, connect } from "../../../shared/engines/mongodb/connection.ts";
import type { AccountProperty } from "../../../shared/testing/engine-contract/fixture.ts";
import { alternateUserTag, changeAtTag } from "../../../shared/tags/tag-names.ts";
import type { LiveServer, LiveUsers } from "../live-server.ts";
import { type Open, sessionsOf, sourcesOf } from "./sessions.ts";

interface UserInfo {
  readonly user: string;
  readonly [member: string]: unknown;
}

/** What each user is born with, and what says that it is one of a pair. */
const passing = new Set(["_id", "userId", "user", "customData"]);

const users: LiveServer["users"] = (place): LiveUsers => {
  const { target, admin } = place;
  const database = target.authSource ?? target.dbname;
  const open: Open<Connection> = async (where, credential, call) =>
    connect(where, credential, credential.authSource ?? database, call);
  const sessions = sessionsOf({ ...place, admin: { ...admin, authSource: admin.authSource ?? database } }, open);
  const run = async (command: Readonly<Record<string, unknown>>) =>
    sessions.asAdmin(async (session, call) => session.run("prepare the users of the run", database, command, call));
  const passwords = new Map<string, string>();
  const read = async (): Promise<readonly UserInfo[]> => {
    const answer: { readonly users?: unknown } = await run({ usersInfo: 1 });
    return Array.isArray(answer.users) ? (answer.users as readonly UserInfo[]) : [];
  };
  /** FerretDB takes mechanisms with a password alone. */
  const mechanisms = (...named: readonly string[]): AccountProperty => ({
    give: async (username) =>
      void (await run({ updateUser: username, pwd: passwords.get(username), mechanisms: named })),
  });
  return {
    async ours() {
      return (await read()).map(({ user }) => user).filter((user) => user.startsWith(place.prefix));
    },
    async create({ username, password }) {
      passwords.set(username, password);
      await run({ createUser: username, pwd: password, roles: [] });
      return {};
    },
    changePassword: async ({ username, password }) => void (await run({ updateUser: username, pwd: password })),
    remove: async (username) => void (await run({ dropUser: username })),
    accepts: async (account) => sessions.accepts(account),
    async describe(username) {
      return (await read())
        .filter(({ user }) => user === username)
        .flatMap((user) =>
          Object.entries(user)
            .filter(([name]) => !passing.has(name))
            .map(([name, value]) => `${name}: ${JSON.stringify(value)}`.replaceAll(username, "<user>")),
        )
        .toSorted();
    },
    written: async () =>
      sourcesOf({
        getLog: async () => {
          const { log }: { readonly log?: unknown } = await sessions.asAdmin(async (session, call) =>
            session.run("read the log", "admin", { getLog: "global" }, call),
          );
          return Array.isArray(log) ? log : [];
        },
      }),
    hardships: {},
    accountProperties: {
      "no property": { give: async () => undefined },
      ...(/docdb|documentdb/.test(target.engine)
        ? {}
        : { "the newer mechanism alone": mechanisms("SCRAM-SHA-256"), mechanisms: mechanisms("SCRAM-SHA-1") }),
    },
  };
};

/** MongoDB and what speaks its protocol: Amazon DocumentDB, FerretDB. */
export const mongodb: LiveServer = {
  // A pair is named where it cannot be recorded: not every server of the protocol keeps customData.
  variants: ({ prefix }) => [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { [changeAtTag]: "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true, tags: { [alternateUserTag]: `${prefix}_b` } },
  ],
  exemptions: [
    { clause: "locked", reason: "no lock that one client can hold against another's updateUser" },
    { clause: "busy", reason: "a user has no limit of connections" },
    { clause: "read-only", reason: "the named server takes writes" },
    { clause: "expired", reason: "MongoDB's users do not expire" },
    { clause: "unknown-database", reason: "a MongoDB database comes into being when it is first written to" },
    {
      clause: "tls-not-verified",
      reason: "a new password is sent in clear, so a certificate that is not verified is refused: ssl: require",
    },
    {
      clause: "clear-password-asked",
      reason: "the login is SCRAM alone: the engine knows no mechanism that sends a password",
    },
  ],
  users,
};
