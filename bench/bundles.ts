import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { bundleFunction, bundleObviously } from "../bundle/bundle-function.ts";
import { type Figure, figuresOf, median } from "./figure.ts";

const rounds = 15;

/** Milliseconds that the import takes in a fresh process. */
async function coldImportMs(file: string): Promise<number> {
  const script = `const t = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - t); process.exit()`;
  const env = { ...process.env, AWS_REGION: "us-east-1" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env });
  return Number(stdout);
}

/** Bytes and cold import of each function beside the obvious build of the same handler, the two interleaved. */
export async function benchBundles(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "rekey-bench-"));
  try {
    const figures: Figure[] = [];
    for (const name of ["rotate-postgres", "rotate-mysql", "mirror-to-vault"]) {
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
