/** What `oneAtATime` sends around the work, in the form of a plan. */
export const lockedShapes = (work: readonly string[]): readonly string[] => [
  "SET SESSION sql_mode = …, sql_quote_show_create = …, lock_wait_timeout = …, innodb_lock_wait_timeout = …",
  "SELECT GET_LOCK(…) AS held",
  ...work,
  "DO RELEASE_LOCK(…)",
];

export const readAccountsShape = "SELECT … FROM mysql.user WHERE User IN (…)";

/** An account's settings, as `settingsOf` copies them. */
export const settingsShape =
  "ALTER USER … REQUIRE … WITH MAX_QUERIES_PER_HOUR … MAX_UPDATES_PER_HOUR … MAX_CONNECTIONS_PER_HOUR … MAX_USER_CONNECTIONS …";
