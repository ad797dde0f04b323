import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type ImportKind, type Metafile, type Plugin } from "esbuild";
import { nodeModule } from "./node-module.ts";
import { unreachedOfMongodb } from "./unreached-of-mongodb.ts";
import { unreachedOfMysql2 } from "./unreached-of-mysql2.ts";
import { unreachedOfOracledb } from "./unreached-of-oracledb.ts";
import { unreachedOfPg } from "./unreached-of-pg.ts";
import { unreachedOfRekey } from "./unreached-of-rekey.ts";
import { errorsByTable, unreachedOfSdk } from "./unreached-of-sdk.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const namespaces: Readonly<Partial<Record<ImportKind, string>>> = {
  "require-call": "required-builtin",
  "dynamic-import": "awaited-builtin",
};

/**
 * In an ES module the import of a built-in builds a facade of all its exports, which for `node:http` loads undici (25 ms
 * against 3, see `npm run bench`); the built-in itself does not. An awaited import gives what is there already, and nothing
 * that the built-in would load for it.
 */
export const builtinsWithoutFacade: Plugin = {
  name: "builtins-without-facade",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) =>
      isBuiltin(path) ? { path, namespace: namespaces[kind] ?? "imported-builtin" } : null,
    );
    const get = (path: string): string => `process.getBuiltinModule(${JSON.stringify(path)})`;
    const asModule = (path: string, isExported: (descriptor: PropertyDescriptor) => boolean): { contents: string } => ({
      contents: [
        `const builtin = ${get(path)};`,
        "export default builtin;",
        ...Object.entries(Object.getOwnPropertyDescriptors(Object(process.getBuiltinModule(path))))
          .filter(([, descriptor]) => descriptor.enumerable && isExported(descriptor))
          .map(([name]) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`),
      ].join("\n"),
    });
    onLoad({ filter: /.*/, namespace: "required-builtin" }, ({ path }) => ({
      contents: `module.exports = ${get(path)};`,
    }));
    onLoad({ filter: /.*/, namespace: "imported-builtin" }, ({ path }) => asModule(path, () => true));
    onLoad({ filter: /.*/, namespace: "awaited-builtin" }, ({ path }) =>
      asModule(path, ({ get }) => get === undefined),
    );
  },
};

/**
 * Parts of packages that a function never reaches: what the mongodb driver takes when it is there (compression, Kerberos,
 * encryption, cloud logins), node-vault's own HTTP client (the mirror brings one), debug's colours (it takes whatever
 * version happens to be installed), and of the SDK its event streams with their signatures (no call in use has one) and
 * SHA-256 in JavaScript (Node.js has its own).
 */
export const unreached: Plugin = {
  name: "unreached",
  setup({ onResolve, onLoad }) {
    const filter =
      /^(?:kerberos|snappy|@mongodb-js\/zstd|mongodb-client-encryption|gcp-metadata|socks|aws4|@aws-sdk\/credential-providers|axios|supports-color|@smithy\/core\/event-streams|\..*\/(?:HeaderFormatter|Sha256Js))$/;
    onResolve({ filter }, ({ path, importer }) => (keeps(importer, path) ? null : { path, namespace: "unreached" }));
    // An instance of some of them is made, and then never asked for anything.
    onLoad({ filter: /.*/, namespace: "unreached" }, ({ path }) => ({
      contents: `module.exports = class {}; module.exports[${JSON.stringify(basename(path))}] = module.exports;`,
      loader: "js",
    }));
  },
};

/** The SDK's clients and mysql2 read their own version, and bring the whole of their package.json for it. */
export const versionsOnly: Plugin = {
  name: "versions-only",
  setup({ onLoad }) {
    onLoad({ filter: /(?:@aws-sdk[/\\]client-[a-z-]+|mysql2)[/\\]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8")) as { version: string };
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/** These clients set up event streams when they are made, whether one is used or not. */
const keeps = (importer: string, path: string): boolean =>
  path === "@smithy/core/event-streams" && /\/client-(?:lambda|cloudwatch-logs|s3)\//.test(importer);

const base = (name: string, outfile: string): BuildOptions & { readonly metafile: true } => ({
  ...nodeModule,
  absWorkingDir: root,
  entryPoints: [`functions/${name}/handler.ts`],
  outfile,
  sourcemap: "external",
  metafile: true,
  logLevel: "warning",
});

/** What makes a function small: of each package the parts that it reaches. */
export const slim: Pick<BuildOptions, "alias" | "mainFields" | "plugins"> = {
  mainFields: ["module", "main"],
  alias: {
    "@aws-sdk/credential-provider-node": `${root}bundle/environment-credentials.ts`,
    "@aws-sdk/signature-v4-multi-region": `${root}bundle/one-region.ts`,
    "iconv-lite": `${root}bundle/text-decoding.ts`,
    "sparse-bitfield": `${root}bundle/bit-field.ts`,
  },
  plugins: [
    builtinsWithoutFacade,
    unreachedOfMongodb,
    unreachedOfMysql2,
    unreachedOfOracledb,
    unreachedOfPg,
    unreachedOfSdk,
    errorsByTable,
    unreached,
    versionsOnly,
  ],
};

/** Bundles `functions/<name>/handler.ts` into one self-contained ES module, its source map beside it. */
export async function bundleFunction(name: string, outfile: string): Promise<Metafile> {
  const plugins = [...(slim.plugins ?? []), unreachedOfRekey];
  const { metafile } = await build({ ...base(name, outfile), ...slim, plugins });
  return metafile;
}

/** The build that one would write first, for the benchmark to compare with. */
export async function bundleObviously(name: string, outfile: string): Promise<Metafile> {
  const result = await build({ ...base(name, outfile), external: ["pg-native", "cloudflare:sockets"] });
  return result.metafile;
}
