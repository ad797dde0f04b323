import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { packageEntries } from "./package-entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The ES modules one by one, under the names that they have, so that entries share their chunks here too. */
async function convert(outdir: string, modules: readonly string[], cjs: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [...modules],
    outbase: outdir,
    outdir: cjs,
    format: "cjs",
    platform: "node",
    target: "node20",
    define: { "import.meta.dirname": "__dirname" },
    sourcemap: true,
    logLevel: "warning",
  });
  await writeFile(path.join(cjs, "package.json"), '{ "type": "commonjs", "sideEffects": false }\n');
}

/** A CommonJS file that has no `esModuleInterop` may not import the default of a driver; its types are in its namespace as well. */
const withoutDefaults = (declaration: string): string =>
  declaration.replaceAll(/^import (?:type )?(\w+) from "(pg|mysql2|postgres)";$/gm, 'import type * as $1 from "$2";');

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

/** Types of the ES modules are those of CommonJS, so that a program in which both are has each class once. */
async function declareModules(outdir: string): Promise<void> {
  for (const [name, file] of Object.entries(packageEntries)) {
    const up = path.posix.relative(path.posix.dirname(name), "") || ".";
    const types = `${up}/cjs/types/${file.replace(/\.ts$/, ".js")}`;
    await writeFile(path.join(outdir, `${name}.d.ts`), `export * from "${types}";\n`);
  }
}

/** Adds the CommonJS modules and all declarations to the folder that holds the ES modules. `outputs`: the files there. */
export async function buildCommonJs(outdir: string, outputs: readonly string[]): Promise<void> {
  const cjs = path.join(outdir, "cjs");
  const modules = outputs.filter((file) => file.endsWith(".js"));
  await convert(outdir, modules, cjs);
  await declare(path.join(cjs, "types"));
  await declareModules(outdir);
}
