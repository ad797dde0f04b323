import { createRequire } from "node:module";
import { Pool } from "pg";
import { isRekeyError, RekeyError } from "rekey/client";
import { createRotatingPool } from "rekey/client/pg";
import { fakeSecretClient } from "rekey/testing";

test("a service's pool takes the new credential after a rotation", async () => {
  const [first, second] = JSON.parse(process.env.ORDERS);
  const client = fakeSecretClient({ orders: first });
  const pool = createRotatingPool({ client, secretId: "orders" });
  expect(pool).toBeInstanceOf(Pool);
  const user = async () => (await pool.query("SELECT current_user AS name")).rows[0].name;
  expect(await user()).toBe(first.username);
  await client.rotate("orders", second);
  expect(await user()).toBe(second.username);
  await pool.end();
});

test.each([
  ["imports", fakeSecretClient],
  ["requires", createRequire(import.meta.url)("rekey/testing").fakeSecretClient],
])("a secret that does not exist is one of rekey's errors, for what %s rekey", async (_how, make) => {
  const error = await make()
    .get("unknown")
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(RekeyError);
  expect(isRekeyError(error, "secret-not-found")).toBe(true);
});
