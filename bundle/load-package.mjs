// Run by the Node versions that services have: every entry of the built package loads, and the client reads.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const { exports: entries } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
for (const name of Object.keys(entries)) await import(name.replace(/^\./, "rekey"));

const { fakeSecretClient } = await import("rekey/testing");
const client = fakeSecretClient({ orders: { port: 1 } });
assert.equal((await client.json("orders")).port, 1);
await client.rotate("orders", { port: 2 });
assert.equal((await client.handle("orders").json()).port, 2);
await client.close();
console.log(`Node ${process.version} loads ${Object.keys(entries).length} entries`);
