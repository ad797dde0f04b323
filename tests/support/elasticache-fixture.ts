import { redisUsers } from "../../local/elasticache/redis-users.ts";
import type { UserServer } from "../../local/elasticache/user-book.ts";
import { elastiCacheEngine } from "../../shared/engines/elasticache/elasticache-engine.ts";
import type { DatabaseEngine, DatabaseTarget } from "../../shared/ports/database-engine.ts";
import { defined } from "../../shared/secrets/defined.ts";
import { dualPassword } from "../../shared/rotation/strategies/dual-password.ts";
import type { AccountProperty, EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type CacheUsersApi, startCacheUsersApi, usersAt } from "./cache-users-api.ts";
import { type RedisUnderTest, startRedis } from "./redis.ts";
import { redisServerOf } from "./redis-fixture.ts";

const call = { signal: AbortSignal.timeout(3_600_000) };
const properties = {
  commands: "on ~* +@all -flushall -@scripting +eval",
  keys: "on ~orders:* %R~shared:* %W~out:* +@all",
  "no keys": "on +@all",
  channels: "on ~* resetchannels &orders.* +@all",
  selectors: "on ~* +@all (~copied:* +get) (%R~a:* %W~b:* +copy)",
};

/** A password that is what the service takes, as near as may be to one that is not. */
const takenByAws = (password: string): string =>
  password
    .replaceAll(/[^!-~]/g, "")
    .padEnd(16, "x")
    .slice(0, 128);

async function cacheOf(redis: RedisUnderTest, api: CacheUsersApi, isMonitored: boolean): Promise<EngineServer> {
  const { admin: _admin, unknownDatabase: _none, ...plain } = await redisServerOf(redis, isMonitored);
  const arns = new Map<string, string>();
  const arnOf = (username: string): string => arns.get(username) ?? "";
  const property = (AccessString: string): AccountProperty => ({
    give: async (username) => api.change(arnOf(username), { AccessString }),
  });
  return {
    ...plain,
    ...(isMonitored ? { port: api.port } : {}),
    fields: { engine: "elasticache", ssl: false },
    async createUser({ username, password: asked }) {
      const password = takenByAws(asked);
      const user_arn = await api.create({ username, password });
      arns.set(username, user_arn);
      return { user_arn, password };
    },
    changePassword: async ({ username, password }) => api.change(arnOf(username), { Passwords: [password] }),
    hardships: defined({ busy: plain.hardships.busy }),
    accountProperties: Object.fromEntries(Object.entries(properties).map(([name, rules]) => [name, property(rules)])),
    async describeAccount(username) {
      const user = await api.users.describe(arnOf(username), call);
      const { passwords: _passwords, ...kept } = user === "absent" ? { passwords: 0 } : user;
      return [JSON.stringify({ ...kept, username: "<user>" }), ...((await plain.describeAccount?.(username)) ?? [])];
    },
    async stop() {
      await api.stop();
      await plain.stop();
    },
  };
}

/** The local stack's own connection knows no TLS. */
function usersOn(redis: RedisUnderTest, hasTls: boolean): UserServer {
  if (!hasTls) return redisUsers({ host: redis.host, port: redis.port, ...redis.superuser });
  return {
    put: async ({ username, hashes }) =>
      void (await redis.admin(
        "ACL",
        "SETUSER",
        username,
        "reset",
        "on",
        "~*",
        "+@all",
        ...hashes.map((one) => `#${one}`),
      )),
    remove: async (username) => void (await redis.admin("ACL", "DELUSER", username)),
  };
}

/** The engine of a function that reaches the API at the secret's own port, or where TLS is spoken there, next to it. */
function engineNextTo(api: () => CacheUsersApi | undefined): ReturnType<typeof elastiCacheEngine> {
  const engineAt = ({ port, tls }: DatabaseTarget): ReturnType<typeof elastiCacheEngine> => {
    const endpoint = tls.mode === "disable" ? `http://127.0.0.1:${port}` : (api()?.endpoint ?? "");
    return elastiCacheEngine({ users: usersAt(endpoint), isGranted: () => true, pollMs: 5 });
  };
  const facts = elastiCacheEngine({ users: usersAt("http://127.0.0.1:1"), isGranted: () => true });
  return { ...facts, login: async (target, ...rest) => engineAt(target).login(target, ...rest) };
}

const notInNames = / /g;

/** ElastiCache's API of the local stack with a real Redis, which logs the users in. */
export function elastiCacheFixture(binary: string): EngineFixture {
  let api: CacheUsersApi | undefined;
  const engine: DatabaseEngine & ReturnType<typeof elastiCacheEngine> = engineNextTo(() => api);
  return {
    name: "ElastiCache (local stack, Redis)",
    engine,
    strategies: { "dual-password": dualPassword(engine) },
    variants: [{ strategy: "dual-password", usesAdmin: false }],
    exemptions: [
      { clause: "healthy", reason: "each call of AWS is a connection of its own here, so there are more than two" },
      { clause: "locked", reason: "a change of the user that is in progress is waited for, not refused" },
      { clause: "expired", reason: "the service's users and passwords do not expire" },
      { clause: "read-only", reason: "users are the service's, and every node of a cache logs them in" },
      { clause: "unknown-database", reason: "a login selects no database" },
      {
        clause: "rolled-back",
        reason:
          "there is no admin secret: a password that no version holds is set by hand; the engine's own tests try a rollback",
      },
      { clause: "changed-by-hand", reason: "as above" },
      {
        clause: "clear-password-asked",
        reason: "Redis has no other login, and the service takes a new password as text, over TLS",
      },
      { clause: "tls-not-verified", reason: "as for Redis: a certificate that is not verified is refused" },
    ],
    notInNames,
    async start(tls) {
      const redis = await startRedis(binary, tls === undefined ? {} : { tls });
      api = await startCacheUsersApi(redis.port, usersOn(redis, tls !== undefined));
      return cacheOf(redis, api, tls === undefined);
    },
  };
}
