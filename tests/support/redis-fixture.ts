import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { redisEngine, type UnsavedChange } from "../../shared/engines/redis/redis-engine.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type RedisUnderTest, startRedis } from "./redis.ts";

const leastRights = ["-@all", "+acl|setuser", "+acl|getuser", "+acl|save"];
const others = ["of-another-service", "of-a-third-service"] as const;
const othersHashes = new Set(others.map((password) => createHash("sha256").update(password).digest("hex")));
/** A host that no replica ever reaches. */
const nowhere = ["127.0.0.1", "1"] as const;

/** Refused logins; Redis counts those of one user within a minute in one entry. */
async function refusedLogins(redis: RedisUnderTest): Promise<number> {
  const entries = (await redis.admin("ACL", "LOG", "100000")) as readonly { reason: string; count: number }[];
  return entries.filter(({ reason }) => reason === "auth").reduce((sum, { count }) => sum + count, 0);
}

type UserRules = Readonly<Record<"flags" | "passwords", readonly string[]>> & Readonly<Record<string, unknown>>;

/** `ACL GETUSER`, which shows every rule of a user; of its passwords those that a test has given it beside the secret's. */
async function describe(redis: RedisUnderTest, username: string): Promise<readonly string[]> {
  const { passwords, ...rules } = (await redis.admin("ACL", "GETUSER", username)) as UserRules;
  const theirs = passwords.filter((hash) => othersHashes.has(hash));
  const lines = Object.entries({ ...rules, flags: [...rules.flags].sort(), theirs: theirs.sort() });
  return lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
}

const rules = (redis: RedisUnderTest, ...given: readonly string[]): AccountProperty => ({
  give: async (username) => void (await redis.admin("ACL", "SETUSER", username, ...given)),
});

/** Beside `+@all`, which every user of the contract has, so that it may change itself. */
const propertiesOf = (redis: RedisUnderTest): Readonly<Record<string, AccountProperty>> => ({
  commands: rules(redis, "-flushall", "-@scripting", "+config|get", "-config|set", "+eval"),
  keys: rules(redis, "resetkeys", "~orders:*", "%R~shared:*", "%W~out:*"),
  allkeys: rules(redis, "allkeys"),
  "no keys": rules(redis, "resetkeys"),
  channels: rules(redis, "resetchannels", "&orders.*"),
  allchannels: rules(redis, "allchannels"),
  selectors: rules(redis, "(~copied:* +get)", "(%R~a:* %W~b:* +copy)"),
  "skip-sanitize-payload": rules(redis, "skip-sanitize-payload"),
  "passwords of others": rules(redis, ...others.map((password) => `>${password}`)),
  "a password of others, given first": {
    async give(username) {
      const { passwords } = (await redis.admin("ACL", "GETUSER", username)) as UserRules;
      await redis.admin(
        "ACL",
        "SETUSER",
        username,
        "resetpass",
        `>${others[0]}`,
        ...passwords.map((hash) => `#${hash}`),
      );
    },
  },
  nopass: { ...rules(redis, "nopass"), refusedBy: ["dual-password"] },
});

/** The server as the contract's; `isMonitored`: its logs have what MONITOR shows. */
export async function redisServerOf(redis: RedisUnderTest, isMonitored = false): Promise<EngineServer> {
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
    accountProperties: propertiesOf(redis),
    describeAccount: async (username) => describe(redis, username),
    stop: async () => redis.stop(),
  };
}

const unexpected = ({ code }: UnsavedChange): void => {
  throw new Error(`the test's server saves its users, yet: ${code}`);
};

/** Redis with an ACL file; the user itself or an admin of the least rights changes its passwords. */
export function redisFixture(binary: string, report: (unsaved: UnsavedChange) => void = unexpected): EngineFixture {
  const engine = redisEngine({ report });
  return {
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
    start: async (tls) => redisServerOf(await startRedis(binary, tls === undefined ? {} : { tls }), tls === undefined),
  };
}
