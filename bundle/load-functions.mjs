// `node bundle/load-functions.mjs`: loads each built function, with the Node that runs this, and has it answer.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { functionEnvironment } from "./function-environment.ts";

Object.assign(process.env, functionEnvironment);
const context = { getRemainingTimeInMillis: () => 9_000 };
const folder = new URL("../dist/functions/", import.meta.url);
const names = await readdir(folder);
assert.ok(names.length > 12, "run npm run build first");
for (const name of names) {
  const { handler } = await import(new URL(`${name}/index.mjs`, folder).href);
  if (name.startsWith("rotate-")) await assert.rejects(handler({ Step: "drop" }, context), { code: "step-invalid" });
  else assert.deepEqual(await handler({ Records: [] }, context), { batchItemFailures: [] });
}
console.log(`${names.length} functions answer on Node ${process.version}`);
