import { Redis } from "ioredis";
import { createRotatingRedis } from "../../shared/client/pools/ioredis/rotating-redis.ts";
import type { Product } from "./load.ts";
import { redis } from "./redis.ts";

/** A third of the workers keep a connection, a third make a duplicate for each query, and a third a connection for each. */
export function ioredis(binary: string): Product {
  const product = redis(binary);
  return {
    ...product,
    fixture: { ...product.fixture, name: "Redis with ioredis" },
    rotating(client, secretId) {
      let recovered = 0;
      let kept: ReturnType<typeof connect> | undefined;
      const connect = async () =>
        createRotatingRedis({ client, secretId, createClient: (login) => new Redis({ ...login }) });
      return {
        async query(worker) {
          if (worker % 3 === 2) {
            const connection = await connect();
            try {
              await connection.redis.get("key");
            } finally {
              await connection.end();
              recovered += connection.refusedLogins;
            }
            return;
          }
          const { redis: shared } = await (kept ??= connect());
          if (worker % 3 === 0) return void (await shared.get("key"));
          const duplicate = shared.duplicate();
          await duplicate.get("key").finally(() => duplicate.disconnect());
        },
        get recovered() {
          return recovered;
        },
        async end() {
          const connection = await kept;
          await connection?.end();
          recovered += connection?.refusedLogins ?? 0;
        },
      };
    },
  };
}
