import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";

/** A service whose secret names a server that is not honest. It prints what became of its query. */
const [, , port = ""] = process.argv;
const secret = {
  engine: "postgres",
  host: "127.0.0.1",
  port,
  username: "orders",
  password: "of-this-canary",
  ssl: false,
};
const client = fakeSecretClient({ orders: secret });
const pool = createRotatingPool({ client, secretId: "orders" });
const outcome = await pool.query("SELECT 1").then(
  () => "answered",
  () => "failed",
);
await pool.end();
process.stdout.write(outcome);
