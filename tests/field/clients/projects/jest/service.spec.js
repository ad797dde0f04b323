const { Pool } = require("pg");
const { isRekeyError, RekeyError } = require("rekey/client");
const { createRotatingPool } = require("rekey/client/pg");
const { fakeSecretClient } = require("rekey/testing");

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

test("a secret that does not exist is one of rekey's errors", async () => {
  const error = await fakeSecretClient()
    .get("unknown")
    .catch((reason) => reason);
  expect(error).toBeInstanceOf(RekeyError);
  expect(isRekeyError(error, "secret-not-found")).toBe(true);
});
