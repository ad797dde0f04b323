const begin = [
  "BEGIN ISOLATION LEVEL READ COMMITTED",
  "SET LOCAL search_path = pg_catalog, pg_temp",
  "SET LOCAL SESSION AUTHORIZATION DEFAULT",
  "SET LOCAL ROLE NONE",
  "SET LOCAL client_min_messages = …",
  "SET LOCAL lock_timeout = …",
  "SET LOCAL statement_timeout = …",
  "SET LOCAL idle_in_transaction_session_timeout = …",
  "SELECT set_config(…, …, true)",
  "SELECT pg_advisory_xact_lock(hashtext(…))",
  "SELECT … JOIN pg_roles …",
] as const;

/** Asked of the session of the user itself. */
const pooler = "SELECT pg_catalog.pg_backend_pid() AS process";

const change = ["ALTER ROLE … WITH PASSWORD …", "COMMIT"] as const;

/**
 * What each method of a session sends; a test compares it with the server's own log. A pair that is not in step yet is also sent
 * what brings it there.
 */
export const plannedStatements: Readonly<Record<string, readonly string[]>> = {
  readOwnAccount: [pooler],
  setPassword: [pooler, ...begin, ...change],
  syncPair: [
    ...begin,
    "WITH … FROM pg_auth_members …",
    "SELECT … FROM pg_hba_file_rules …",
    "SELECT … FROM pg_db_role_setting …",
    ...change,
  ],
};
