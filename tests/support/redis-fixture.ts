import { inspect } from "node:util";
import { redisEngine } from "../../shared/engines/redis/redis-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type RedisUnderTest, startRedis } from "./redis.ts";

const engine = redisEngine({
  report({ code }) {
    throw new Error(`the test's server saves its users, yet: ${code}`);
  },
});
const leastRights = ["-@all", "+acl|setuser", "+acl|getuser", "+acl|save"];
/** A host that no replica ever reaches. */
const nowhere = ["127.0.0.1", "1"] as const;

/** Refused logins; Redis counts those of one user within a minute in one entry. */
async function refusedLogins(redis: RedisUnderTest): Promise<number> {
  const entries = (await redis.admin("ACL", "LOG", "100000")) as readonly { reason: string; count: number }[];
  return entries.filter(({ reason }) => reason === "auth").reduce((sum, { count }) => sum + count, 0);
}

async function serverOf(redis: RedisUnderTest, isMonitored: boolean): Promise<EngineServer> {
  const { host, port, admin } = redis;
  const rotator = { username: "rotator", password: "rotator-of-the-tests" };
  await admin("ACL", "SETUSER", rotator.username, "on", `>${rotator.password}`, ...leastRights);
  const shown = isMonitored ? await redis.monitor() : async () => "";
  return {
    host,
    port,
    fields: { engine: "redis", ssl: false },
    admin: rotator,
    unknownDatabase: { dbname: "99" },
    async createUser({ username, password }) {
      await admin("ACL", "SETUSER", username, "on", `>${password}`, "~*", "+@all");
      return {};
    },
    async changePassword({ username, password }) {
      await admin("ACL", "SETUSER", username, "resetpass", `>${password}`);
    },
    accepts: async ({ username, password }) => redis.accepts(username, password),
    async logs() {
      const kept = [await admin("SLOWLOG", "GET", "100000"), await admin("ACL", "LOG", "100000")];
      return [redis.log(), await shown(), inspect(kept, { depth: 9, maxArrayLength: null })].join("\n");
    },
    failedLogins: async () => refusedLogins(redis),
    hardships: {
      async busy() {
        const held = await redis.hold();
        await held.run("CONFIG", "SET", "maxclients", "1");
        return {
          async [Symbol.asyncDispose]() {
            await held.run("CONFIG", "SET", "maxclients", "1000");
            await held[Symbol.asyncDispose]();
          },
        };
      },
      async "read-only"() {
        await admin("REPLICAOF", ...nowhere);
        return { [Symbol.asyncDispose]: async () => void (await admin("REPLICAOF", "NO", "ONE")) };
      },
    },
    stop: async () => redis.stop(),
  };
}

/** Redis with an ACL file; the user itself or an admin of the least rights changes its passwords. */
export const redisFixture = (binary: string): EngineFixture => ({
  name: "Redis",
  engine,
  strategies: { "dual-password": dualPassword(engine) },
  variants: [
    { strategy: "dual-password", usesAdmin: true },
    { strategy: "dual-password", usesAdmin: false },
  ],
  exemptions: [
    { clause: "locked", reason: "Redis runs one command at a time and has no locks" },
    { clause: "expired", reason: "Redis's users and passwords do not expire" },
    {
      clause: "clear-password-asked",
      reason:
        "Redis has no other login; the password goes to a verified certificate, or where the secret says ssl: false",
    },
    {
      clause: "tls-not-verified",
      reason: "Redis is handed the password in clear, so a certificate that is not verified is refused: ssl: require",
    },
  ],
  notInNames: / /g,
  start: async (tls) => serverOf(await startRedis(binary, tls === undefined ? {} : { tls }), tls === undefined),
});
