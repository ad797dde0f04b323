import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { builtinsWithoutFacade, unreached, versionsOnly } from "./bundle-function.ts";
import { bundledPackages } from "./bundled-packages.ts";
import { lockedPackages } from "./locked-packages.ts";
import { thirdPartyLicenses } from "./third-party-licenses.ts";
import { unreachedOfMysql2 } from "./unreached-of-mysql2.ts";
import { unreachedOfOracledb } from "./unreached-of-oracledb.ts";
import { unreachedOfPg } from "./unreached-of-pg.ts";
import { unreachedOfRedis } from "./unreached-of-redis.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles the command line into one file that needs no package. What a command loads when it is run stays unread until then:
 * esbuild makes a function of each module that is imported so. Unlike a function's bundle it keeps the SDK's whole chain of
 * credentials, for the profiles and logins of people. `served`: what it sends to browsers, whose licences go along.
 */
export async function buildCli(outdir: string, served: readonly Metafile[]): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      rekey: "cli/main.ts",
      "login-process": "cli/isolation/login-process.ts",
      "key-api": "cli/commands/smoke-test/key-api/handler.ts",
      "runtime-worker": "local/lambda/runtime-worker.ts",
    },
    outdir,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    // An import, by which publint knows an ES module. Node.js before 20.16 has no getBuiltinModule.
    banner: {
      js: 'import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\nprocess.getBuiltinModule ??= require;',
    },
    alias: { "iconv-lite": `${root}bundle/text-decoding.ts` },
    plugins: [
      builtinsWithoutFacade,
      unreachedOfMysql2,
      unreachedOfOracledb,
      unreachedOfPg,
      unreached,
      unreachedOfRedis,
      versionsOnly,
    ],
    metafile: true,
    logLevel: "warning",
  });
  const locked = lockedPackages();
  const names = new Set([metafile, ...served].flatMap((one) => bundledPackages(one)));
  const packages = [...names].sort().map((bundled) => {
    const known = locked.get(bundled);
    if (known === undefined)
      throw new Error(`${bundled} is bundled, so package.json must have it among its dependencies`);
    return known;
  });
  await writeFile(path.join(outdir, "THIRD-PARTY-LICENSES.txt"), await thirdPartyLicenses(packages));
  await chmod(path.join(outdir, "rekey.js"), 0o755);
}
