import type { Plugin } from "esbuild";

/**
 * Parts of pg that a function never reaches: its native driver, pool, password file and connection strings (a function
 * opens single connections with a password), its Cloudflare sockets, channel binding, and values in binary or of types
 * that no statement of rekey's reads.
 */
export const unreachedOfPg: Plugin = {
  name: "unreached-of-pg",
  setup({ onResolve, onLoad }) {
    const filter =
      /^(?:pg-native|pg-cloudflare|cloudflare:sockets|pg-pool|pgpass|pg-connection-string|postgres-bytea|postgres-interval|\.\/native|\.\/cert-signatures|\.\/lib\/binaryParsers)$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: "unreached-of-pg" }));
    onLoad({ filter: /.*/, namespace: "unreached-of-pg" }, () => ({
      contents: "module.exports = class { static init() {} };",
      loader: "js",
    }));
  },
};
