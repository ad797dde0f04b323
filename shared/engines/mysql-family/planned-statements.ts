/** What `oneAtATime` sends around the work, and the question for the session's rights, in the form of a plan. */
export const plannedUnderLock = (work: readonly string[], setUp: readonly string[] = []): readonly string[] => [
  "select @@version_comment …",
  "SET SESSION sql_mode = …",
  ...setUp,
  "SELECT GET_LOCK(…) AS held",
  "SELECT @@sql_log_bin AS logged, …",
  "SHOW GRANTS",
  ...work,
  "DO RELEASE_LOCK(…)",
];

export const plannedRead = "SELECT … FROM mysql.user WHERE User IN (…)";

/** An account's settings, as `settingsOf` copies them. */
export const plannedSettings = "ALTER USER … REQUIRE …";
