import { Redis } from "ioredis";
import { createRotatingRedis } from "../../shared/client/pools/ioredis/rotating-redis.ts";
import type { Product } from "./load.ts";
import { connected } from "./services.ts";
import { redis } from "./redis.ts";

/** A third of the workers keep a connection, a third make a duplicate for each query, and a third a connection for each. */
export function ioredis(binary: string): Product {
  const product = redis(binary);
  return {
    ...product,
    fixture: { ...product.fixture, name: "Redis with ioredis" },
    rotating(client, secretId) {
      const connect = async () =>
        createRotatingRedis({ client, secretId, createClient: (login) => new Redis({ ...login }) });
      return connected(
        connect,
        (worker) => (worker % 3 === 2 ? undefined : 0),
        async (connection, worker) => {
          if (worker % 3 !== 1) return connection.redis.get("key");
          const duplicate = connection.redis.duplicate();
          return duplicate.get("key").finally(() => duplicate.disconnect());
        },
      );
    },
  };
}
