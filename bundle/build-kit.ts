import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { slim } from "./bundle-function.ts";
import { nodeModule } from "./node-module.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * What `rekey bundle-engine` puts into a function of an engine that lives elsewhere: rekey's part, which needs no package, in two
 * modules that share their chunks, so that both have the same classes.
 */
export async function buildKit(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...nodeModule,
    ...slim,
    absWorkingDir: root,
    entryPoints: { engine: "shared/kit/index.ts", function: "shared/kit/function.ts" },
    outdir,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
