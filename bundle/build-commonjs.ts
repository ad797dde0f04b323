import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import { packageEntries } from "./package-entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The ES modules one by one, under the names that they have, so that entries share their chunks here too. */
async function convert(esm: string, cjs: string): Promise<void> {
  const files = await readdir(esm, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((file) => file.endsWith(".js")).map((file) => path.join(esm, file)),
    outbase: esm,
    outdir: cjs,
    format: "cjs",
    platform: "node",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
  await writeFile(path.join(cjs, "package.json"), '{ "type": "commonjs", "sideEffects": false }\n');
}

/** A CommonJS file that has no `esModuleInterop` may not import the default of a driver; its types are in its namespace as well. */
const withoutDefaults = (declaration: string): string =>
  declaration.replaceAll(/^import (\w+) from "(pg|mysql2)";$/gm, 'import type * as $1 from "$2";');

/** Services whose `lib` ends before disposables, and whose `@types/node` has none, get them from TypeScript. */
const withDisposables = (declaration: string): string =>
  /\b(?:Async)?Disposable\b|\bSymbol\.(?:asyncD|d)ispose\b/.test(declaration)
    ? `/// <reference lib="esnext.disposable" />\n${declaration}`
    : declaration;

async function declare(types: string): Promise<void> {
  const tsc = path.join(root, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", "bundle/tsconfig.package.json", "--outDir", types], { cwd: root });
  for (const file of await readdir(types, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const text = await readFile(path.join(types, file), "utf8");
    await writeFile(path.join(types, file), withDisposables(withoutDefaults(text)));
  }
}

/** What `import` loads: the names of the CommonJS entry, and its types. */
async function reexport(outdir: string, { outputs }: Metafile): Promise<void> {
  for (const [name, file] of Object.entries(packageEntries)) {
    const names = outputs[`dist/package/esm/${name}.js`]?.exports ?? [];
    const up = path.posix.relative(path.posix.dirname(name), "") || ".";
    const entry = path.join(outdir, name);
    await mkdir(path.dirname(entry), { recursive: true });
    await writeFile(`${entry}.js`, `export { ${names.join(", ")} } from "${up}/cjs/${name}.js";\n`);
    await writeFile(`${entry}.d.ts`, `export * from "${up}/cjs/types/${file.replace(/\.ts$/, ".js")}";\n`);
  }
}

/** Adds the CommonJS modules and the declarations to the folder that holds the ES modules, and what imports from CommonJS. */
export async function buildCommonJs(outdir: string, esm: Metafile): Promise<void> {
  const cjs = path.join(outdir, "cjs");
  await convert(path.join(outdir, "esm"), cjs);
  await declare(path.join(cjs, "types"));
  await reexport(outdir, esm);
}
