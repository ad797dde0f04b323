// Run by the Node versions that services have: every entry of the built package loads, and the client reads.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const { exports: entries, version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
for (const name of Object.keys(entries)) await import(name.replace(/^\./, "rekey"));

const { fakeSecretClient } = await import("rekey/testing");
const client = fakeSecretClient({ orders: { port: 1 } });
assert.equal((await client.json("orders")).port, 1);
await client.rotate("orders", { port: 2 });
assert.equal((await client.handle("orders").json()).port, 2);
await client.close();
// The command line runs without a package beside it, and says what is wrong with its use.
const rekey = fileURLToPath(new URL("../dist/package/cli/rekey.js", import.meta.url));
const env = { ...process.env, AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" };
const run = (...words) => spawnSync(process.execPath, [rekey, ...words], { encoding: "utf8", env });
assert.equal(run("--version").stdout, `${version}\n`);
assert.match(run("plan", "--users", "1000").stdout, /First bottleneck/);
assert.equal(run("status", "--dance").status, 2);
const nowhere = ["--endpoint-url", "http://127.0.0.1:1", "--region", "us-east-1"];
assert.match(
  run("doctor", "db/orders", ...nowhere).stdout + run("history", "db/orders", ...nowhere).stderr,
  /store-unavailable/,
);
if (Number.parseInt(process.versions.node, 10) < 22) {
  const { status, stderr } = run("local");
  assert.equal(status, 1);
  assert.match(stderr, /needs Node\.js 22 or newer/);
}
console.log(`Node ${process.version} loads ${Object.keys(entries).length} entries`);
