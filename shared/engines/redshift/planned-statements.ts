const begin = [
  "BEGIN",
  "SET LOCAL search_path = pg_catalog",
  "SET LOCAL datestyle = …",
  "SET LOCAL statement_timeout = …",
] as const;
const change = ["ALTER USER … PASSWORD …", "COMMIT"] as const;

/** What each method sends; a pair that is not in step yet is also sent what brings it there. */
export const plannedStatements: Readonly<Record<string, readonly string[]>> = {
  setPassword: [...begin, ...change],
  syncPair: [
    ...begin,
    "SELECT … FROM pg_user_info WHERE …",
    "SELECT … FROM svv_user_info WHERE …",
    "SELECT … FROM pg_user u, pg_group g WHERE …",
    "SELECT … FROM svv_user_grants WHERE …",
    "SELECT … FROM pg_group WHERE …",
    "SELECT … FROM pg_user u, ( … ) o WHERE …",
    ...change,
  ],
};
