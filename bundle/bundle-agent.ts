import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { builtinsWithoutFacade, versionsOnly } from "./bundle-function.ts";
import { nodeModule } from "./node-module.ts";
import { unreachedOfRedis } from "./unreached-of-redis.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Bundles `rekey agent` into one file that needs nothing but Node. The SDK keeps its whole chain of credentials. */
export async function bundleAgent(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...nodeModule,
    absWorkingDir: root,
    entryPoints: ["cli/agent-main.ts"],
    outfile,
    mainFields: ["module", "main"],
    sourcemap: "external",
    plugins: [builtinsWithoutFacade, unreachedOfRedis, versionsOnly],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
}
