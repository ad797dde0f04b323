// `node bundle/import-work.mjs <bundle>`: what importing it makes Node do, as one line of JSON. Run in a fresh process.
import { Session } from "node:inspector/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const url = pathToFileURL(resolve(process.argv[2] ?? "")).href;
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
const before = new Set(process.moduleLoadList);
await import(url);
const { result } = await session.post("Profiler.takePreciseCoverage");
const functions = result.find((script) => script.url === url)?.functions ?? [];

// Bytes of the functions that ran, without those of functions inside of them that did not.
const ranges = functions
  .map(({ ranges: [range] }) => range)
  .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
let evaluatedBytes = 0;
const open = [];
let at = 0;
const advance = (to) => {
  if (open.at(-1)?.count > 0) evaluatedBytes += to - at;
  at = to;
};
const leave = () => {
  advance(open.at(-1).endOffset);
  open.pop();
};
for (const range of ranges) {
  while (open.length > 0 && open.at(-1).endOffset <= range.startOffset) leave();
  advance(range.startOffset);
  open.push(range);
}
while (open.length > 0) leave();
const builtins = process.moduleLoadList.filter((name) => name.startsWith("NativeModule") && !before.has(name)).length;
console.log(JSON.stringify({ evaluatedBytes, builtins }));
process.exit();
