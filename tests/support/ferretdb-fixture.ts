import { MongoClient } from "mongodb";
import { mongodbEngine } from "../../shared/engines/mongodb/mongodb-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { Account, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type FerretDb, startFerretDb } from "./ferretdb.ts";

const engine = mongodbEngine();

const clientOf = (ferret: FerretDb, { username, password }: Account): MongoClient =>
  new MongoClient(`mongodb://${ferret.host}:${ferret.port}/`, {
    directConnection: true,
    ...(ferret.tls ? { tls: true, tlsAllowInvalidCertificates: true } : {}),
    auth: { username, password },
    authSource: "admin",
    serverSelectionTimeoutMS: 5_000,
  });

async function serverOf(ferret: FerretDb): Promise<EngineServer> {
  const admin = await clientOf(ferret, ferret.admin).connect();
  return {
    host: ferret.host,
    port: ferret.port,
    fields: { engine: "mongodb", ssl: false },
    admin: ferret.admin,
    async createUser({ username, password }) {
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
    async stop() {
      await admin.close();
      await ferret.stop();
    },
  };
}

/** FerretDB 1.24 as a server of MongoDB's protocol. It stores neither roles nor customData, so a pair is named by tag. */
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
  start: async (certificate) => serverOf(await startFerretDb(binary, certificate)),
});
