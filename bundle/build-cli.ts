import { chmod } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { builtinsWithoutFacade, unreached, versionsOnly } from "./bundle-function.ts";
import { unreachedOfMysql2 } from "./unreached-of-mysql2.ts";
import { unreachedOfRedis } from "./unreached-of-redis.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles the command line into one file that needs no package. What a command loads when it is run stays unread until then:
 * esbuild makes a function of each module that is imported so. Unlike a function's bundle it keeps the SDK's whole chain of
 * credentials, for the profiles and logins of people.
 */
export async function buildCli(): Promise<void> {
  const outdir = path.join(root, "dist/package/cli");
  await build({
    absWorkingDir: root,
    entryPoints: { rekey: "cli/main.ts", "runtime-worker": "local/lambda/runtime-worker.ts" },
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    // An import, by which publint knows an ES module.
    banner: {
      js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
    },
    alias: { "iconv-lite": `${root}bundle/text-decoding.ts` },
    plugins: [builtinsWithoutFacade, unreachedOfMysql2, unreached, unreachedOfRedis, versionsOnly],
    logLevel: "warning",
  });
  await chmod(path.join(outdir, "rekey.js"), 0o755);
}
