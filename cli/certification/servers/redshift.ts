import { escapeIdentifier as quoted, escapeLiteral as literal } from "pg";
import { type Connection, connect } from "../../../shared/engines/postgres/connection.ts";
import { markGroup, readPair } from "../../../shared/engines/redshift/pair-state.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import type { AccountProperty } from "../../../shared/testing/engine-contract/fixture.ts";
import type { LiveServer, LiveUsers } from "../live-server.ts";
import { hardshipsOf, postgres, run } from "./postgres.ts";
import { firstOf, type Open, sessionsOf, type Sessions, sourcesOf } from "./sessions.ts";

const open: Open<Connection> = async (target, credential, call) => {
  const outcome = await connect(target, credential, call, { failureOf: () => "bad-credential" });
  return typeof outcome === "string" ? undefined : outcome;
};

const names = async (sessions: Sessions<Connection>, sql: string): Promise<readonly string[]> =>
  sessions.asAdmin(async (session, call) =>
    (await session.run<{ name: string }>("list the users of the run", sql, call)).map(({ name }) => name),
  );

/** Without the group that marks the pair, which the two are not to have alike. */
async function describe(session: Connection, username: string, call: CallOptions): Promise<readonly string[]> {
  const { users, properties, groups, roles } = await readPair(
    session,
    { first: username, alternate: username, isGranted: false },
    call,
  );
  const first = firstOf(username);
  return [...users, ...properties, ...groups.filter(({ name }) => name !== markGroup(first)), ...roles]
    .map((row) => JSON.stringify(row).replaceAll(username, "<user>").replaceAll(first, "<user>"))
    .toSorted();
}

const users: LiveServer["users"] = (place): LiveUsers => {
  const sessions = sessionsOf(place, open);
  const begins = (column: string, text: string): string => `left(${column}, ${text.length}) = ${literal(text)}`;
  const given = (words: string): AccountProperty => ({
    give: async (user) => run(sessions, `ALTER USER ${quoted(user)} ${words}`),
  });
  const { locked: _locked, expired: _expired, ...hardships } = hardshipsOf(sessions);
  return {
    ours: async () => names(sessions, `SELECT usename AS name FROM pg_user WHERE ${begins("usename", place.prefix)}`),
    async create({ username, password }) {
      await run(sessions, `CREATE USER ${quoted(username)} PASSWORD ${literal(password)}`);
      return {};
    },
    changePassword: async ({ username, password }) =>
      run(sessions, `ALTER USER ${quoted(username)} PASSWORD ${literal(password)}`),
    async remove(username) {
      const marks = [markGroup(firstOf(username)), `${username}_group`].map(literal).join(", ");
      const groups = await names(sessions, `SELECT groname AS name FROM pg_group WHERE groname IN (${marks})`);
      await run(sessions, ...groups.map((group) => `DROP GROUP ${quoted(group)}`), `DROP USER ${quoted(username)}`);
    },
    accepts: async (account) => sessions.accepts(account),
    describe: async (username) => sessions.asAdmin(async (session, call) => describe(session, username, call)),
    written: async () =>
      sourcesOf({
        stl_query: async () =>
          names(sessions, "SELECT querytxt AS name FROM stl_query ORDER BY starttime DESC LIMIT 10000"),
      }),
    hardships,
    accountProperties: {
      "no property": { give: async () => undefined },
      "CONNECTION LIMIT": given("CONNECTION LIMIT 17"),
      "VALID UNTIL": given("VALID UNTIL '2099-12-31 23:59:59'"),
      search_path: given(`SET search_path = "$user", audit, public`),
      group: {
        async give(user) {
          const group = quoted(`${user}_group`);
          await run(sessions, `CREATE GROUP ${group}`, `ALTER GROUP ${group} ADD USER ${quoted(user)}`);
        },
      },
    },
  };
};

/** Amazon Redshift. */
export const redshift: LiveServer = {
  ...postgres,
  exemptions: [
    ...postgres.exemptions,
    { clause: "locked", reason: "Redshift has no lock_timeout: a lock that is not free ends as database-timeout" },
    { clause: "expired", reason: "an expired user is refused in the words of a wrong password" },
  ],
  users,
};
