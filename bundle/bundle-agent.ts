import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { builtinsWithoutFacade, versionsOnly } from "./bundle-function.ts";
import { nodeModule } from "./node-module.ts";
import { unreachedOfRedis } from "./unreached-of-redis.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles `rekey agent` into a file, and the folder `parts` next to it, that need nothing but Node. The SDK keeps its whole
 * chain of credentials. What an option or a kind of credentials asks for is a part of its own: in one file, what nobody runs
 * would take 10 MB of the process' memory all the same.
 */
export async function bundleAgent(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...nodeModule,
    absWorkingDir: root,
    entryPoints: [{ in: "cli/agent-main.ts", out: path.parse(outfile).name }],
    outdir: path.dirname(outfile),
    outExtension: { ".js": ".mjs" },
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
    mainFields: ["module", "main"],
    sourcemap: "external",
    plugins: [builtinsWithoutFacade, unreachedOfRedis, versionsOnly],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
