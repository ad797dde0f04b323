import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { print } from "./print.ts";
import { runChaos } from "./run.ts";
import { verdictOf } from "./verdict.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, seconds: { type: "string" }, secrets: { type: "string" } },
});
const wholeNumber = (option: keyof typeof values, otherwise: number): number => {
  const number = Number(values[option] ?? otherwise);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  console.error(`--${option} takes a whole number from 1`);
  process.exit(2);
};
const options = {
  seed: wholeNumber("seed", 1 + Math.floor(Math.random() * 999_999)),
  seconds: wholeNumber("seconds", 120),
  secrets: wholeNumber("secrets", 500),
};
const again = `npm run chaos -- --seed ${options.seed} --seconds ${options.seconds} --secrets ${options.secrets}`;

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");

// The servers end with the process, when it exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
console.log(`${again}\nload average before: ${load()}`);
const report = await runChaos(options, (what) => console.log(`${(performance.now() / 1_000).toFixed(1)} s: ${what}`));
const verdict = verdictOf(report);
print(report, verdict);
console.log(`load average after: ${load()}`);
if (verdict.some(({ problems }) => problems.length > 0)) {
  process.exitCode = 1;
  console.log(`to play it again: ${again}`);
}
