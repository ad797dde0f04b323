import { createClient } from "@redis/client";
import { createRotatingConnection, type RedisLogin } from "../../shared/client/pools/redis/rotating-connection.ts";
import { redisFixture } from "../../tests/support/redis-fixture.ts";
import type { Product } from "./load.ts";
import { connected } from "./services.ts";

const make = (login: RedisLogin) => createClient(login);

/** Half of the workers keep their connection over every rotation, half make a new one for each query. */
export const redis = (binary: string): Product => ({
  fixture: redisFixture(binary),
  rotating(client, secretId) {
    const connect = async () => createRotatingConnection({ client, secretId, createClient: make });
    return connected(
      connect,
      (worker) => (worker % 2 === 0 ? worker : undefined),
      async (connection) => connection.redis.get("key"),
    );
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
