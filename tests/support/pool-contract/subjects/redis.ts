import { createClient } from "@redis/client";
import { createRotatingConnection } from "../../../../shared/client/pools/redis/rotating-connection.ts";
import { startRedis, type RedisUnderTest } from "../../redis.ts";
import { redisFixture, redisServerOf } from "../../redis-fixture.ts";
import type { PoolFixture, SubjectOptions } from "../fixture.ts";

const connect = async (options: SubjectOptions, settings: object = {}) =>
  createRotatingConnection({
    ...options,
    createClient: (login) => createClient({ ...login, ...settings }),
    reconnectDelayMs: () => 5,
  });

export function redisConnectionFixture(binary: string): PoolFixture {
  let redis: RedisUnderTest;
  return {
    name: "@redis/client on Redis",
    engine: {
      ...redisFixture(binary),
      start: async () => redisServerOf((redis = await startRedis(binary))),
    },
    exemptions: [
      { clause: "drained", reason: "the connection stays, and logs in again" },
      { clause: "settings", reason: "the service makes the client, of the login that it is given" },
      { clause: "tls-typed", reason: "the error of the first connection is the driver's" },
    ],
    prepare: async () => ({ arrived: async (mark) => Number((await redis.admin("GET", mark)) ?? 0) }),
    async open(options) {
      const connection = await connect(options);
      const { redis: client } = connection;
      return {
        async operate(mark) {
          await client.incr(mark);
          return client.sendCommand<string>(["ACL", "WHOAMI"]);
        },
        async longWork(mark) {
          await client.watch(mark);
          return {
            step: async () => void (await client.ping()),
            finish: async () => void (await client.multi().incr(mark).exec()),
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
