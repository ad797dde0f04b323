import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import type { Metafile } from "esbuild";
import { bundleAgent } from "./bundle-agent.ts";
import { bundleFunction } from "./bundle-function.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { lockedPackages } from "./locked-packages.ts";
import { readTemplate } from "../deploy/reading/read-template.ts";
import { sbom } from "./sbom.ts";
import { thirdPartyLicenses } from "./third-party-licenses.ts";

const locked = lockedPackages();
const bundledIn = new Map<string, string[]>();
const sizes: { readonly file: string; readonly bytes: number }[] = [];

async function write(name: string, folder: string, bundle: (outfile: string) => Promise<Metafile>): Promise<void> {
  const next = `${folder}/next.mjs`;
  const metafile = await bundle(next);
  const bundled = bundledPackages(metafile);
  const outputs = Object.keys(metafile.outputs).map((output) => relative(folder, output));
  // Apart, since Lambda gets the function's whole folder.
  for (const map of outputs.filter((output) => output.endsWith(".map"))) {
    const moved = `dist/maps/${name}/${map.replace(/^next/, "index")}`;
    await mkdir(dirname(moved), { recursive: true });
    await rename(`${folder}/${map}`, moved);
  }
  // Whoever loads it meanwhile finds the old file or the new one, whole.
  await rename(next, `${folder}/index.mjs`);
  const packages = bundled.flatMap((path) => locked.get(path) ?? []);
  await writeFile(`${folder}/THIRD-PARTY-LICENSES.txt`, await thirdPartyLicenses(packages));
  for (const path of bundled) bundledIn.set(path, [...(bundledIn.get(path) ?? []), name]);
  const code = Object.entries(metafile.outputs).filter(([output]) => output.endsWith(".mjs"));
  sizes.push({ file: `${folder}/index.mjs`, bytes: code.reduce((sum, [, output]) => sum + output.bytes, 0) });
}

for (const name of await readdir("functions"))
  await write(name, `dist/functions/${name}`, async (outfile) => bundleFunction(name, outfile));
// Each part is named by its content, so those of an older build would stay.
await rm("dist/agent/parts", { recursive: true, force: true });
await write("agent", "dist/agent", bundleAgent);
await writeFile("dist/rekey.cdx.json", sbom(locked, bundledIn));
const template = readTemplate(await readFile("template.yaml", "utf8"));
/** For programs without a reader of YAML and of CloudFormation's tags. */
await writeFile("dist/template.json", `${JSON.stringify(template)}\n`);

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;
if (process.argv.includes("--sizes")) for (const { file, bytes } of sizes) console.log(`${file} ${kilobytes(bytes)}`);
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
console.log(`Built ${sizes.length} bundles in dist, ${kilobytes(total)}. List them with: node bundle/build.ts --sizes`);
