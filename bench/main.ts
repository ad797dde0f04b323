import { loadavg } from "node:os";
import { benchAgent } from "./agent.ts";
import { benchBrokenBackend } from "./broken-backend.ts";
import { benchBundles } from "./bundles.ts";
import { benchCachedReads } from "./cached-reads.ts";
import { benchCommandLine } from "./command-line.ts";
import { benchConsole } from "./console/console.ts";
import { benchFleet } from "./fleet/fleet.ts";
import { benchFunctionMemory } from "./function-memory.ts";
import { benchRotations } from "./rotations.ts";
import { benchClientImports } from "./client-imports.ts";
import { benchMemory } from "./memory.ts";
import { benchPropagation } from "./propagation.ts";
import { benchPythonSamples } from "./python-samples.ts";
import { benchWindow } from "./window.ts";

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");

const benches = {
  bundles: benchBundles,
  functions: benchFunctionMemory,
  python: benchPythonSamples,
  reads: benchCachedReads,
  rotations: benchRotations,
  window: benchWindow,
  imports: benchClientImports,
  memory: benchMemory,
  broken: benchBrokenBackend,
  start: benchCommandLine,
  propagation: benchPropagation,
  fleet: benchFleet,
  console: benchConsole,
  agent: benchAgent,
};

/** These take minutes, and run when they are asked for. */
const onlyByName = new Set(["fleet", "console"]);
const chosen = process.argv.slice(2);
console.log(`Node ${process.version}, load average before: ${load()}`);
for (const [name, bench] of Object.entries(benches)) {
  if (chosen.length > 0 ? !chosen.includes(name) : onlyByName.has(name)) continue;
  for (const figure of await bench()) console.log(JSON.stringify(figure));
}
console.log(`load average after: ${load()}`);
