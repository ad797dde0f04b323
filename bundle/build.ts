import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { bundleAgent } from "./bundle-agent.ts";
import { bundleFunction } from "./bundle-function.ts";

async function write(folder: string, maps: string, bundle: (outfile: string) => Promise<unknown>): Promise<void> {
  const outfile = `dist/${folder}/index.mjs`;
  const next = `dist/${folder}/next.mjs`;
  await bundle(next);
  // Whoever loads it meanwhile finds the old file or the new one, whole.
  await rename(next, outfile);
  // Apart, since Lambda gets the function's whole folder.
  await mkdir(`dist/maps/${maps}`, { recursive: true });
  await rename(`${next}.map`, `dist/maps/${maps}/index.mjs.map`);
  const { size } = await stat(outfile);
  console.log(`${outfile} ${(size / 1024).toFixed(0)} KB`);
}

for (const name of await readdir("functions"))
  await write(`functions/${name}`, name, async (outfile) => bundleFunction(name, outfile));
await write("agent", "agent", bundleAgent);
