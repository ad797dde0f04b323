import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleFunction, bundleObviously } from "../bundle/bundle-function.ts";
import { coldImportMs } from "./cold-import.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 31;

/** Bytes and cold import of each function beside the obvious build of the same handler, the two interleaved. */
export async function benchBundles(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-bench-"));
  try {
    const figures: Figure[] = [];
    for (const name of await readdir("functions")) {
      const ours = path.join(folder, name, "ours.mjs");
      const obvious = path.join(folder, name, "obvious.mjs");
      await bundleFunction(name, ours);
      await bundleObviously(name, obvious);
      const [bytes, obviousBytes] = [(await stat(ours)).size, (await stat(obvious)).size];
      figures.push(...figuresOf("bundle", `${name} size`, "bytes", bytes, { "obvious build": obviousBytes }));
      const times: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        times[0].push(await coldImportMs(ours));
        times[1].push(await coldImportMs(obvious));
      }
      figures.push(
        ...figuresOf("bundle", `${name} cold import`, "ms", median(times[0]), { "obvious build": median(times[1]) }),
      );
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true });
  }
}
