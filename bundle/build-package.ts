import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import { buildCli } from "./build-cli.ts";
import { buildConsole } from "./build-console.ts";
import { packageEntries } from "./package-entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds what services import, ES modules that share their chunks, with declarations, where packages stay imports; and the command line. */
export async function buildPackage(): Promise<Metafile> {
  const outdir = path.join(root, "dist/package");
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
    sourcesContent: false,
    metafile: true,
    logLevel: "warning",
  });
  const tsc = path.join(root, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", "bundle/tsconfig.package.json"], { cwd: root });
  await buildCli([await buildConsole()]);
  return metafile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPackage();
