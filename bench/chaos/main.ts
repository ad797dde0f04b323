import { inspect, parseArgs } from "node:util";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, seconds: { type: "string" }, secrets: { type: "string" } },
});
const report = await runChaos(
  {
    seed: Number(values.seed ?? Math.floor(Math.random() * 1_000_000)),
    seconds: Number(values.seconds ?? 120),
    secrets: Number(values.secrets ?? 500),
  },
  (what) => console.log(what, performance.now().toFixed(0)),
);
console.log(inspect(report, { depth: 6, maxArrayLength: 10 }));
