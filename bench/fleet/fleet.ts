import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { type Figure, figuresOf } from "../figure.ts";
import { rotateFleet } from "./rotate-fleet.ts";

const sizes = [500, 1_000, 2_000] as const;

async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [resolve(import.meta.dirname, "trusting-function.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node22",
    mainFields: ["module", "main"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
}

/**
 * Campaigns over 500, 1,000 and 2,000 secrets, all that rotate, in the local stack: everything but a database. What it costs
 * for each secret is beside what it costs in the smallest campaign, so a ratio of 1 is linear growth.
 */
export async function benchFleet(): Promise<readonly Figure[]> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rekey-fleet-"));
  cleanup.defer(async () => rm(folder, { recursive: true }));
  const bundlePath = join(folder, "index.mjs");
  await bundle(bundlePath);
  const figures: Figure[] = [];
  let smallest: Awaited<ReturnType<typeof rotateFleet>> | undefined;
  for (const size of sizes) {
    const run = await rotateFleet(size, bundlePath);
    smallest ??= run;
    const least = smallest;
    const tell = (figure: string, unit: string, of: (one: typeof run) => number): void => {
      figures.push(
        ...figuresOf("fleet", `${size} secrets: ${figure}`, unit, of(run), { [`${sizes[0]} secrets`]: of(least) }),
      );
    };
    tell("rotations", "/s", ({ secrets, seconds }) => secrets / seconds);
    tell("time for each", "ms", ({ secrets, seconds }) => (seconds * 1_000) / secrets);
    tell("CPU for each, functions included", "ms", ({ cpuSeconds, secrets }) => (cpuSeconds * 1_000) / secrets);
    tell("calls of the function for each", "calls", ({ functionCalls, secrets }) => functionCalls / secrets);
    tell("of these, writes to Secrets Manager", "calls", ({ writes, secrets }) => writes / secrets);
    tell("calls of the operator for each", "calls", ({ operatorCalls, secrets }) => operatorCalls / secrets);
    tell(
      "held for each afterwards, stack and log included",
      "KB",
      ({ heldHeapMb, secrets }) => (heldHeapMb * 1_024) / secrets,
    );
    tell("peak of the process, eight functions included", "MB", ({ peakRssMb }) => peakRssMb);
  }
  return figures;
}
