import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { bundleFunction } from "./bundle-function.ts";

for (const name of await readdir("functions")) {
  const outfile = `dist/functions/${name}/index.mjs`;
  const next = `dist/functions/${name}/next.mjs`;
  await bundleFunction(name, next);
  // A stack that loads the function meanwhile finds the old file or the new one, whole.
  await rename(next, outfile);
  // Apart, since Lambda gets the function's whole folder.
  await mkdir(`dist/maps/${name}`, { recursive: true });
  await rename(`${next}.map`, `dist/maps/${name}/index.mjs.map`);
  const { size } = await stat(outfile);
  console.log(`${outfile} ${(size / 1024).toFixed(0)} KB`);
}
