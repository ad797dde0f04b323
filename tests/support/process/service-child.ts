import { createRotatingPool, type RotatingPoolOptions } from "../../../shared/client/pools/pg/rotating-pool.ts";
import type { ClientEvents } from "../../../shared/client/client-events.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";

/**
 * A service that queries through a rotating pool, with one careless part of its own, while somebody writes its secret. It
 * prints the value that its last query got.
 */
const [, , careless = "", host = "", port = "", username = "", password = "", written = ""] = process.argv;
const secretId = "orders";
const secret = { engine: "postgres", host, port, username, password, dbname: "postgres", ssl: false };
const thrown = (): never => JSON.parse("not JSON, with of-this-canary") as never;

const parts: Readonly<Record<string, Partial<RotatingPoolOptions>>> = {
  "acknowledgement that throws": { acknowledge: thrown },
  "acknowledgement that gives no promise": { acknowledge: (() => undefined) as never },
};
const client = fakeSecretClient({ [secretId]: secret });
const pool = createRotatingPool({ client, secretId, ...parts[careless] });

const rejecting = async ({ version }: ClientEvents["rotated"]): Promise<void> =>
  void JSON.parse(version.value.reveal());
const listeners: Readonly<Record<string, () => void>> = {
  "listener that throws": () => client.on("rotated", ({ version }) => void JSON.parse(version.value.reveal())),
  "listener that rejects": () => client.on("rotated", (event) => rejecting(event) as never),
  "drain listener that throws": () => pool.onDrained(thrown),
};
listeners[careless]?.();

const ask = async (): Promise<number | undefined> =>
  (await pool.query<{ answer: number }>("SELECT 42 AS answer")).rows[0]?.answer;
await ask();
await client.rotate(secretId, written === "" ? secret : written);
const answer = await ask();
// What was thrown on its own would come by now.
await new Promise((resolve) => setTimeout(resolve, 100));
await pool.end();
await client.close();
process.stdout.write(String(answer));
