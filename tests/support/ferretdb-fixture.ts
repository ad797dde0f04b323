import { MongoClient } from "mongodb";
import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  Account,
  AccountProperty,
  EngineFixture,
  EngineServer,
} from "../../shared/testing/engine-contract/fixture.ts";
import { type FerretDb, startFerretDb } from "./ferretdb.ts";

const engine = mongodbEngine();

export const clientOf = (ferret: FerretDb, { username, password }: Account, authSource = "admin"): MongoClient =>
  new MongoClient(`mongodb://${ferret.host}:${ferret.port}/`, {
    directConnection: true,
    ...(ferret.tls ? { tls: true, tlsAllowInvalidCertificates: true } : {}),
    auth: { username, password },
    authSource,
    serverSelectionTimeoutMS: 5_000,
  });

interface UserInfo {
  readonly user: string;
  readonly db: string;
}

/** All that FerretDB says of a user and of those of its name in other databases, but for the ids that each is born with. */
async function describe(
  admin: MongoClient,
  username: string,
  databases: "all" | "its own",
): Promise<readonly string[]> {
  const { users } = await admin.db("admin").command({ usersInfo: { forAllDBs: true } });
  return (users as readonly UserInfo[])
    .filter(({ user, db }) => user === username && (databases === "all" || db === "admin"))
    .flatMap(({ db, user: _user, ...told }) =>
      Object.entries(told)
        .filter(([name]) => name !== "_id" && name !== "userId")
        .map(([name, value]) => `${db}.<user> ${name}: ${JSON.stringify(value)}`),
    )
    .sort();
}

/** The server as the contract's. */
export async function ferretDbServerOf(ferret: FerretDb): Promise<EngineServer> {
  const admin = await clientOf(ferret, ferret.admin).connect();
  const passwords = new Map<string, string>();
  /** FerretDB takes mechanisms with a password alone. */
  const mechanisms = (...names: readonly string[]): AccountProperty => ({
    give: async (username) =>
      void (await admin.db("admin").command({ updateUser: username, pwd: passwords.get(username), mechanisms: names })),
  });
  return {
    host: ferret.host,
    port: ferret.port,
    fields: { engine: "mongodb", ssl: false },
    admin: ferret.admin,
    async createUser({ username, password }) {
      passwords.set(username, password);
      await admin.db("admin").command({ createUser: username, pwd: password, roles: [] });
      return {};
    },
    async changePassword({ username, password }) {
      await admin.db("admin").command({ updateUser: username, pwd: password });
    },
    async accepts(account) {
      const client = clientOf(ferret, account);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.close();
      }
    },
    logs: async () => ferret.log(),
    failedLogins: async () => ferret.log().split('"codeName": "AuthenticationFailed"').length - 1,
    hardships: {},
    accountProperties: {
      mechanisms: mechanisms("SCRAM-SHA-1"),
      "the newer mechanism alone": mechanisms("SCRAM-SHA-256"),
      "both mechanisms": mechanisms("SCRAM-SHA-1", "SCRAM-SHA-256"),
      "a user of its name in another database": {
        give: async (username) =>
          void (await admin.db("reports").command({
            createUser: username,
            pwd: "of-the-other-one",
            roles: [],
            mechanisms: ["SCRAM-SHA-1"],
          })),
      },
    },
    describeAccount: async (username) => describe(admin, username, "all"),
    describeInEffect: async ({ username }) => describe(admin, username, "its own"),
    async stop() {
      await admin.close();
      await ferret.stop();
    },
  };
}

/**
 * FerretDB 1.24 as a server of MongoDB's protocol. It stores neither roles nor customData nor restrictions, so a pair is named by
 * tag, and those properties are tested on the commands.
 */
export const ferretDbFixture = (binary: string): EngineFixture => ({
  name: "FerretDB 1.24 (MongoDB protocol)",
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  variants: [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { "rekey:change-at": "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true, tags: { "rekey:alternate-user": "app_b" } },
  ],
  exemptions: [
    {
      clause: "locked",
      reason: "FerretDB on SQLite has no lock that one client can hold against another's updateUser",
    },
    { clause: "busy", reason: "FerretDB has no limit of connections" },
    { clause: "read-only", reason: "FerretDB 1.24 has no secondary members (no replSetInitiate)" },
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
  start: async (certificate) => ferretDbServerOf(await startFerretDb(binary, certificate)),
});
