// A service that imports rekey, with a library that requires it: both formats are loaded.
import { createRequire } from "node:module";
import * as imported from "rekey/client";
import { createRotatingPool } from "rekey/client/pg";
import { fakeSecretClient, memorySecrets } from "rekey/testing";

const require = createRequire(import.meta.url);
const required = require("rekey/client");
const theirs = require("rekey/testing").fakeSecretClient({ orders: JSON.parse(process.env.ORDERS)[0] });
const failure = async (client) => client.get("unknown").catch((error) => error);
const seen = [
  ["the formats are two", required.RekeyError !== imported.RekeyError],
  ["their error", (await failure(theirs)) instanceof imported.RekeyError],
  ["their error by code", imported.isRekeyError(await failure(theirs), "secret-not-found")],
  ["our error", (await failure(fakeSecretClient())) instanceof required.RekeyError],
  ["our error by code", required.isRekeyError(await failure(fakeSecretClient()), "secret-not-found")],
  ["any other error", !(new Error("secret-not-found") instanceof imported.RekeyError)],
];

const { value } = await theirs.get("orders");
const same = new imported.SecretValue(value.reveal());
seen.push(
  ["their value", value instanceof imported.SecretValue],
  ["our value", same instanceof required.SecretValue],
  ["equal values", same.equals(value) && value.equals(same)],
  ["a value stays hidden", `${value}${JSON.stringify({ value })}` === '[redacted]{"value":"[redacted]"}'],
);

const pool = createRotatingPool({ client: theirs, secretId: "orders", pool: { max: 1 } });
const { rows } = await pool.query("SELECT current_user AS name");
seen.push(["a pool of ours with a client of theirs", rows[0].name === "orders_1"]);
await pool.end();

// Nobody gave these clients a budget, so they share the process's.
const ids = Array.from({ length: 150 }, (_, index) => `secret-${index}`);
const source = memorySecrets(Object.fromEntries(ids.map((id) => [id, "1"])));
const clients = [imported, required].map(({ createSecretClient }) => createSecretClient({ source }));
await Promise.all(ids.map((id) => clients[0].get(id)));
seen.push(["one budget", clients.every((client) => client.health().requestsLeft < 150)]);
for (const client of [...clients, theirs]) await client.close();

for (const [what, isSo] of seen) process.stdout.write(`${what}: ${isSo}\n`);
