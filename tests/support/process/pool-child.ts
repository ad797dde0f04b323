import pg from "pg";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";

/** A process with the driver's pool or rekey's, that prints how it came out; `what` is done to it. */
const [, , which = "", what = "", host = "", port = "", user = "", password = ""] = process.argv;

const settings: pg.PoolConfig = {
  host,
  port: Number(port),
  database: "postgres",
  ssl: false,
  max: 2,
  idleTimeoutMillis: 60_000,
  ...(what === "exits" ? { allowExitOnIdle: true } : {}),
};
const secret = { username: user, password };
const pool =
  which === "driver"
    ? new pg.Pool({ ...settings, user, password })
    : createRotatingPool({ client: fakeSecretClient({ orders: secret }), secretId: "orders", pool: settings });

const thrown = (): never => {
  throw new Error("of a listener");
};
if (what === "a listener of connect throws") pool.on("connect", thrown);
if (what === "a listener of release throws") pool.on("release", thrown);
if (what === "a listener of remove throws") pool.on("remove", thrown);

const ask = async (): Promise<string> =>
  pool.query("SELECT 1").then(
    () => "works",
    ({ message }: Error) => message,
  );

if (what === "an idle client is lost") {
  const [idle, other] = await Promise.all([pool.connect(), pool.connect()]);
  const { rows } = await idle.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  idle.release();
  await other.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  other.release();
}
process.stdout.write(`${await ask()} ${await ask()}`);
if (what !== "exits") await pool.end();
