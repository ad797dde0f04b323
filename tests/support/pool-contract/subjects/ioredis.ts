import { Redis } from "ioredis";
import { createRotatingRedis } from "../../../../shared/client/pools/ioredis/rotating-redis.ts";
import { startRedis, type RedisUnderTest } from "../../redis.ts";
import { redisFixture, redisServerOf } from "../../redis-fixture.ts";
import type { PoolFixture, SubjectOptions } from "../fixture.ts";

const connect = async (options: SubjectOptions, settings: object = {}) =>
  createRotatingRedis({
    ...options,
    createClient: (login) => new Redis({ ...login, retryStrategy: () => 5, connectTimeout: 500, ...settings }),
  });

export function ioredisFixture(binary: string): PoolFixture {
  let server: RedisUnderTest;
  return {
    name: "ioredis on Redis",
    engine: {
      ...redisFixture(binary),
      start: async () => redisServerOf((server = await startRedis(binary))),
    },
    exemptions: [
      { clause: "drained", reason: "the connection stays, and logs in again" },
      { clause: "settings", reason: "the service makes the client, of the login that it is given" },
    ],
    prepare: async () => ({ arrived: async (mark) => Number((await server.admin("GET", mark)) ?? 0) }),
    async open(options) {
      const connection = await connect(options);
      const { redis } = connection;
      return {
        async operate(mark) {
          await redis.incr(mark);
          return String(await redis.call("ACL", "WHOAMI"));
        },
        async longWork(mark) {
          await redis.watch(mark);
          return {
            step: async () => void (await redis.ping()),
            finish: async () => void (await redis.multi().incr(mark).exec()),
          };
        },
        get versionId() {
          return connection.versionId;
        },
        visible: connection,
        close: async () => connection.end(),
      };
    },
    credentialSettings: [],
    openWith: connect,
  };
}
