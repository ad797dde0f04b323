import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { builtinsWithoutFacade, requireForCommonJs, versionsOnly } from "./bundle-function.ts";
import { unreachedOfRedis } from "./unreached-of-redis.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Bundles `rekey agent` into one file that needs nothing but Node. The SDK keeps its whole chain of credentials. */
export async function bundleAgent(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/agent-main.ts"],
    outfile,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node22",
    mainFields: ["module", "main"],
    sourcemap: "external",
    banner: { js: requireForCommonJs },
    plugins: [builtinsWithoutFacade, unreachedOfRedis, versionsOnly],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
