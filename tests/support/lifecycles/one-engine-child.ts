import { createClient } from "@redis/client";
import { createRotatingPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingConnection } from "../../../shared/client/pools/redis/rotating-connection.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";

/** A service with a pool of MySQL's family, or a connection to Redis. It queries, or has a new value, by message. */
const [, , engine = "", secretText = "{}"] = process.argv;
const secretId = "orders";
const client = fakeSecretClient({ [secretId]: JSON.parse(secretText) as object });

interface Service {
  /** `waiting`: it waits until the test lets it go on. */
  query(waiting: boolean): Promise<unknown>;
  end(): Promise<void>;
}

function mysqlService(): Service {
  const pool = createRotatingPool({ client, secretId, drainTimeoutMs: 10_000 });
  return {
    query: async (waiting) => pool.promise().query(waiting ? "SELECT GET_LOCK('lifecycle', 20)" : "SELECT 1"),
    end: async () => pool.promise().end(),
  };
}

async function redisService(): Promise<Service> {
  const { redis, end } = await createRotatingConnection({
    client,
    secretId,
    drainTimeoutMs: 10_000,
    createClient: (login) => createClient(login),
  });
  redis.on("error", () => undefined);
  return { query: async (waiting) => (waiting ? redis.blPop("lifecycle", 20) : redis.ping()), end };
}

const service = engine === "redis" ? await redisService() : mysqlService();

process.on("message", (message: { readonly put: object } | { readonly query: "short" | "waiting" }) => {
  if ("put" in message) return void client.secrets.put(secretId, message.put);
  service.query(message.query === "waiting").then(
    () => process.send?.("answered"),
    (error: unknown) => process.send?.(`failed: ${String(error)}`),
  );
});
async function stop(): Promise<void> {
  setTimeout(() => process.exit(1), 25_000).unref();
  await service.end();
  await client.close();
  process.disconnect();
}
process.once("SIGTERM", () => void stop());
process.send?.("ready");
