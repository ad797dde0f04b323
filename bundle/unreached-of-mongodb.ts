import type { Plugin } from "esbuild";

/** Parts of the mongodb driver that one connection without a monitor never reaches: events and a log for each command, and Kerberos. */
export const unreachedOfMongodb: Plugin = {
  name: "unreached-of-mongodb",
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\/(?:command_monitoring_events|gssapi|mongo_logger)$/ }, ({ path, importer }) =>
      importer.includes("/node_modules/mongodb/") ? { path, namespace: "unreached" } : undefined,
    );
  },
};
