import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 15;
const rekey = resolve(import.meta.dirname, "../dist/package/cli/rekey.js");

/** Children's CPU time is not to be had apart, so each tells its own at its end. */
const cpu =
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.error((user + system) / 1000); });";

/** Milliseconds of a fresh process: CPU, and on the clock. */
async function start(words: readonly string[]): Promise<{ readonly cpuMs: number; readonly wallMs: number }> {
  const startedMs = performance.now();
  const preload = `data:text/javascript,${encodeURIComponent(cpu)}`;
  const { stderr } = await promisify(execFile)(process.execPath, ["--import", preload, ...words]);
  return { cpuMs: Number(stderr.trim()), wallMs: performance.now() - startedMs };
}

/** How long the command line takes to start, beside Node.js with an empty program. */
export async function benchCommandLine(): Promise<readonly Figure[]> {
  const asked = { "rekey --help": [rekey, "--help"], "rekey --version": [rekey, "--version"], node: ["-e", "0"] };
  const times = new Map<string, { readonly cpuMs: number; readonly wallMs: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, words] of Object.entries(asked)) {
      times.set(name, [...(times.get(name) ?? []), await start(words)]);
    }
  }
  const of = (name: string, time: "cpuMs" | "wallMs"): number =>
    median((times.get(name) ?? []).map((one) => one[time]));
  return ["rekey --help", "rekey --version"].flatMap((name) => [
    ...figuresOf("start", `${name}, CPU`, "ms", of(name, "cpuMs"), { "empty Node.js": of("node", "cpuMs") }),
    ...figuresOf("start", `${name}, on the clock`, "ms", of(name, "wallMs"), { "empty Node.js": of("node", "wallMs") }),
  ]);
}
