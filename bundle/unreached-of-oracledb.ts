import type { Plugin } from "esbuild";

/**
 * Parts of the oracledb driver that a session on a socket of rekey's own, whose statements read texts, never reaches: names of
 * hosts and of TNS, queues, large objects, and decoders of trees, vectors and objects.
 */
export const unreachedOfOracledb: Plugin = {
  name: "unreached-of-oracledb",
  setup({ onResolve }) {
    const filter = /^\..*\/(?:aq|connStrategy|dbObject|ezConnectResolver|lob|lobOp|oson|vector)\.js$/;
    onResolve({ filter }, ({ path, importer }) =>
      /[/\\]node_modules[/\\]oracledb[/\\]/.test(importer) ? { path, namespace: "unreached" } : undefined,
    );
  },
};
