// `node bundle/load-functions.mjs <folder>`: loads each function in it with the Node that runs this, and has it answer.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { functionEnvironment } from "./function-environment.ts";

Object.assign(process.env, functionEnvironment);
const context = { getRemainingTimeInMillis: () => 9_000 };
const folder = resolve(process.argv[2] ?? "dist/functions");
const files = (await readdir(folder, { recursive: true })).filter((file) => /[\\/](?:index|handler)\.mjs$/.test(file));
for (const file of files) {
  const { handler } = await import(pathToFileURL(join(folder, file)).href);
  if (/^rotate/i.test(file)) await assert.rejects(handler({ Step: "drop" }, context), { code: "step-invalid" });
  else assert.deepEqual(await handler({ Records: [] }, context), { batchItemFailures: [] });
}
console.log(`${files.length} functions answer on Node ${process.versions.node}`);
