const transaction = [
  "BEGIN",
  "SET LOCAL search_path = pg_catalog",
  "SET LOCAL lock_timeout = …",
  "SET LOCAL statement_timeout = …",
  "SELECT pg_advisory_xact_lock(hashtext(…))",
] as const;

/** Asked of the session of the user itself. */
const pooler = "SELECT pg_catalog.pg_backend_pid() AS process";

const change = ["SELECT current_setting(…, true) AS iterations", "ALTER ROLE … WITH PASSWORD …", "COMMIT"] as const;

/** What each method of a session sends; a test compares it with the server's own log. */
export const shapes: Readonly<Record<string, readonly string[]>> = {
  readOwnAccount: [pooler],
  setPassword: [pooler, ...transaction, ...change],
  syncPair: [
    ...transaction,
    "SELECT … FROM pg_roles",
    "ALTER ROLE … CONNECTION LIMIT …",
    "COMMENT ON ROLE … IS …",
    "GRANT … TO …",
    "SELECT … FROM pg_db_role_setting s",
    "ALTER ROLE … RESET ALL",
    "ALTER ROLE … SET role = …",
    ...change,
  ],
};
