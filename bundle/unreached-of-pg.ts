import type { Plugin } from "esbuild";

/** Of pg itself rekey's engines import these. The whole of it makes a pool's class and a native twin when it is loaded. */
const entry = `
  export { default as Client } from "pg/lib/client";
  export { escapeIdentifier, escapeLiteral } from "pg/lib/utils";
`;

/**
 * Parts of pg that a function never reaches: its native driver, pool, password file and connection strings (a function
 * opens single connections with a password), its Cloudflare sockets, channel binding, names of types, and values in
 * binary or of types that no statement of rekey's reads.
 */
export const unreachedOfPg: Plugin = {
  name: "unreached-of-pg",
  setup({ onResolve, onLoad }) {
    const filter =
      /^(?:pg-native|pg-cloudflare|cloudflare:sockets|pg-pool|pgpass|pg-connection-string|postgres-bytea|postgres-interval|\.\/native|\.\/cert-signatures|\.\/lib\/(?:binaryParsers|builtins))$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: "unreached-of-pg" }));
    onResolve({ filter: /^pg$/ }, ({ path, resolveDir }) => ({ path, namespace: "pg-entry", pluginData: resolveDir }));
    onLoad({ filter: /.*/, namespace: "pg-entry" }, ({ pluginData }) => ({
      contents: entry,
      resolveDir: pluginData as string,
    }));
    onLoad({ filter: /.*/, namespace: "unreached-of-pg" }, () => ({
      contents: "module.exports = class { static init() {} };",
      loader: "js",
    }));
  },
};
