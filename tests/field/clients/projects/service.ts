import { Pool } from "pg";
import { isRekeyError, RekeyError, SecretValue } from "rekey/client";
import { createRotatingPool as createMysqlPool } from "rekey/client/mysql2";
import { createRotatingPool, type RotatingPool } from "rekey/client/pg";
import { type FakeSecretClient, fakeSecretClient } from "rekey/testing";

/** What a service does with rekey: it queries, its secret is rotated, and it queries again. Returns what it saw. */
export async function useRekey(): Promise<string> {
  const [first = {}, second = {}] = JSON.parse(process.env["ORDERS"] || "[]") as object[];
  const client: FakeSecretClient = fakeSecretClient({ orders: first });
  const pool: RotatingPool = createRotatingPool({ client, secretId: "orders", pool: { max: 2 } });
  const mysql = createMysqlPool({ client, secretId: "orders" });
  const user = async (): Promise<string | undefined> =>
    (await pool.query<{ name: string }>("SELECT current_user AS name")).rows[0]?.name;
  const before = await user();
  await client.rotate("orders", second);
  const after = await user();
  const error: unknown = await client.get("unknown").catch((reason: unknown) => reason);
  const { value } = await client.get("orders");
  const seen = [
    `user ${before}, then ${after}`,
    `pg.Pool ${pool instanceof Pool}, mysql2 ${typeof mysql.promise === "function"}`,
    `RekeyError ${error instanceof RekeyError}, ${isRekeyError(error) ? error.code : "?"} ${isRekeyError(error, "secret-not-found")}`,
    `SecretValue ${value instanceof SecretValue}`,
  ];
  await pool.end();
  mysql.end();
  await client.close();
  return seen.join("; ");
}
