import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { functionEnvironment } from "../bundle/function-environment.ts";
import { coldImportMs } from "./cold-import.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 7;
const chosenMb = 512;
/** Lambda gives processor time by memory: a whole core at 1,769 MB. */
const coreMb = 1_769;

/** The most memory that the process had, once the function has answered. */
async function peakMb(file: string): Promise<number> {
  const script = [
    `const { handler } = await import(${JSON.stringify(pathToFileURL(file).href)});`,
    "await handler({ Records: [] }, { getRemainingTimeInMillis: () => 9_000 }).catch(() => undefined);",
    "process.stdout.write(`\\n${process.resourceUsage().maxRSS / 1024}`, () => process.exit());",
  ].join("\n");
  const env = { ...process.env, ...functionEnvironment };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
  return Number(stdout.split("\n").at(-1));
}

/** What each built function takes beside the template's MemorySize, and how long its import is with that share of a core. */
export async function benchFunctionMemory(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const name of await readdir("dist/functions")) {
    const file = path.resolve("dist/functions", name, "index.mjs");
    const [peaks, imports]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      peaks.push(await peakMb(file));
      imports.push(await coldImportMs(file));
    }
    figures.push(...figuresOf("function memory", `${name} peak`, "MB", median(peaks), { MemorySize: chosenMb }));
    const atMs = (mb: number): number => (median(imports) * coreMb) / mb;
    const others = { "with 128 MB": atMs(128), "with 256 MB": atMs(256), "with 1,024 MB": atMs(1_024) };
    figures.push(
      ...figuresOf("function memory", `${name} cold import with ${chosenMb} MB`, "ms", atMs(chosenMb), others),
    );
  }
  return figures;
}
