import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { requireForCommonJs, slim } from "./bundle-function.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * What `rekey bundle-engine` puts into a function of an engine that lives elsewhere: rekey's part, which needs no package, in two
 * modules that share their chunks, so that both have the same classes.
 */
export async function buildKit(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { engine: "shared/kit/index.ts", function: "shared/kit/function.ts" },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    banner: { js: requireForCommonJs },
    ...slim,
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
