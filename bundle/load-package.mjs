// Run by the Node versions that services have: every entry of the built package loads, and the client reads.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const { exports: entries, version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
const require = createRequire(import.meta.url);
for (const entry of Object.keys(entries)) {
  const name = entry.replace(/^\./, "rekey");
  assert.deepEqual(Object.keys(require(name)).sort(), Object.keys(await import(name)).sort());
}

const { isRekeyError, RekeyError } = await import("rekey/client");
for (const { fakeSecretClient } of [await import("rekey/testing"), require("rekey/testing")]) {
  const client = fakeSecretClient({ orders: { port: 1 } });
  assert.equal((await client.json("orders")).port, 1);
  await client.rotate("orders", { port: 2 });
  assert.equal((await client.handle("orders").json()).port, 2);
  await assert.rejects(client.get("unknown"), RekeyError);
  await assert.rejects(client.get("unknown"), (error) => isRekeyError(error, "secret-not-found"));
  await client.close();
}
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

// The console serves its page, and a campaign that cannot reach AWS ends and says so.
const served = spawn(process.execPath, [rekey, "console", ...nowhere], { env, stdio: ["ignore", "pipe", "ignore"] });
const [line] = await once(createInterface(served.stdout), "line");
const { origin, hash } = new URL(line);
assert.match(await (await fetch(origin)).text(), /main\.js/);
const headers = { Origin: origin, "Content-Type": "application/json" };
async function post(path, body) {
  const answer = await fetch(`${origin}/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const [cookie] = answer.headers.getSetCookie();
  if (cookie !== undefined) headers.Cookie = cookie.split(";")[0];
  return answer.json();
}
headers["X-Rekey-Key"] = (await post("/session", { token: hash.replace("#token=", "") })).key;
const { campaign } = await post("/campaigns/plans", { secrets: ["db/orders"] });
await post("/campaigns", { campaign });
const events = await (await fetch(`${origin}/api/campaigns/${campaign}/live`, { headers })).text();
assert.match(events, /"failed".*"store-unavailable"[^]*"campaign-finished"[^]*event: over/);
served.kill("SIGINT");
assert.deepEqual(await once(served, "exit"), [0, null]);

console.log(`Node ${process.version} loads ${Object.keys(entries).length} entries`);
