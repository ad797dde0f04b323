import { createClient } from "@redis/client";
import { createRotatingConnection, type RedisLogin } from "../../shared/client/pools/redis/rotating-connection.ts";
import { redisFixture } from "../../tests/support/redis-fixture.ts";
import type { Product } from "./load.ts";

const make = (login: RedisLogin) => createClient(login);

/** Half of the workers keep their connection over every rotation, half make a new one for each query. */
export const redis = (binary: string): Product => ({
  fixture: redisFixture(binary),
  rotating(client, secretId) {
    const kept = new Map<number, ReturnType<typeof connect>>();
    let recovered = 0;
    const connect = async () => createRotatingConnection({ client, secretId, createClient: make });
    return {
      async query(worker) {
        if (worker % 2 === 0) {
          if (!kept.has(worker)) kept.set(worker, connect());
          await (await kept.get(worker))?.redis.get("key");
          return;
        }
        const connection = await connect();
        try {
          await connection.redis.get("key");
        } finally {
          await connection.end();
          recovered += connection.refusedLogins;
        }
      },
      get recovered() {
        return recovered;
      },
      async end() {
        for (const connecting of kept.values()) {
          const connection = await connecting;
          await connection.end();
          recovered += connection.refusedLogins;
        }
      },
    };
  },
  async queryAs({ host, port = 6379, username, password }) {
    const connection = createClient({
      username,
      password: password.reveal(),
      socket: { host, port, reconnectStrategy: false },
    });
    connection.on("error", () => undefined);
    try {
      await connection.connect();
      await connection.get("key");
    } finally {
      connection.destroy();
    }
  },
});
