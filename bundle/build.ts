import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
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

async function write(name: string, folder: string, bundle: (outfile: string) => Promise<Metafile>): Promise<void> {
  const next = `${folder}/next.mjs`;
  const bundled = bundledPackages(await bundle(next));
  // Whoever loads it meanwhile finds the old file or the new one, whole.
  await rename(next, `${folder}/index.mjs`);
  // Apart, since Lambda gets the function's whole folder.
  await mkdir(`dist/maps/${name}`, { recursive: true });
  await rename(`${next}.map`, `dist/maps/${name}/index.mjs.map`);
  const packages = bundled.flatMap((path) => locked.get(path) ?? []);
  await writeFile(`${folder}/THIRD-PARTY-LICENSES.txt`, await thirdPartyLicenses(packages));
  for (const path of bundled) bundledIn.set(path, [...(bundledIn.get(path) ?? []), name]);
  const { size } = await stat(`${folder}/index.mjs`);
  console.log(`${folder}/index.mjs ${(size / 1024).toFixed(0)} KB`);
}

for (const name of await readdir("functions"))
  await write(name, `dist/functions/${name}`, async (outfile) => bundleFunction(name, outfile));
await write("agent", "dist/agent", bundleAgent);
await writeFile("dist/rekey.cdx.json", sbom(locked, bundledIn));
const template = readTemplate(await readFile("template.yaml", "utf8"));
/** For programs without a reader of YAML and of CloudFormation's tags. */
await writeFile("dist/template.json", `${JSON.stringify(template)}\n`);
