import { readdir, rm, stat } from "node:fs/promises";
import { bundleFunction } from "./bundle-function.ts";

await rm("dist/functions", { recursive: true, force: true });
for (const name of await readdir("functions")) {
  const outfile = `dist/functions/${name}/index.mjs`;
  await bundleFunction(name, outfile);
  const { size } = await stat(outfile);
  console.log(`${outfile} ${(size / 1024).toFixed(0)} KB`);
}
