import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildCli } from "./build-cli.ts";
import { buildCommonJs } from "./build-commonjs.ts";
import { buildConsole } from "./build-console.ts";
import { buildKit } from "./build-kit.ts";
import { packageEntries } from "./package-entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the build of the package's entries was made of; written by the build, for what looks at it afterwards. */
export const packageMetafile = path.join(root, "dist/package-metafile.json");

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).flatMap((entry) =>
    entry.isFile() ? [path.relative(folder, path.join(entry.parentPath, entry.name))] : [],
  );

/**
 * File by file, so that whoever loads one meanwhile finds the old or the new one, whole; chunks, whose names follow their
 * content, come before the entries that import them.
 */
async function replace(folder: string, next: string): Promise<void> {
  const isEntry = (file: string): number => Number(!path.basename(file).startsWith("chunk-"));
  const files = (await filesIn(next)).toSorted((one, other) => isEntry(one) - isEntry(other));
  for (const file of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await rename(path.join(next, file), path.join(folder, file));
  }
  const kept = new Set(files);
  for (const file of await filesIn(folder)) if (!kept.has(file)) await rm(path.join(folder, file));
  await rm(next, { recursive: true });
}

/** Builds what services load, as ES modules and as CommonJS, with declarations, where packages stay imports; and the command line. */
async function buildPackage(): Promise<void> {
  const outdir = path.join(root, "dist/package-next");
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.entries(packageEntries).map(([out, file]) => ({ out, in: file })),
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: true,
    metafile: true,
    logLevel: "warning",
  });
  await buildCommonJs(outdir, Object.keys(metafile.outputs));
  const [page, kit] = [await buildConsole(path.join(outdir, "console")), await buildKit(path.join(outdir, "kit"))];
  await buildCli(path.join(outdir, "cli"), [page, kit]);
  await replace(path.join(root, "dist/package"), outdir);
  await writeFile(packageMetafile, JSON.stringify(metafile));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPackage();
