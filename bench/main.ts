import { loadavg } from "node:os";
import { benchBundles } from "./bundles.ts";
import { benchCachedReads } from "./cached-reads.ts";
import { benchWindow } from "./window.ts";

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");

console.log(`Node ${process.version}, load average before: ${load()}`);
const figures = [...(await benchBundles()), ...(await benchCachedReads()), ...(await benchWindow())];
console.log(`load average after: ${load()}`);
for (const figure of figures) console.log(JSON.stringify(figure));
