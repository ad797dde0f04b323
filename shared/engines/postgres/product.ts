/** The oldest version that rekey supports, by product. */
export const oldestVersions = { PostgreSQL: "13" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "PostgreSQL 18": "postgres18.test.ts",
  "PostgreSQL 15": "postgres15.test.ts",
  "PostgreSQL 15 behind PgBouncer": "postgres15-pgbouncer.test.ts",
} as const;
