/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "PostgreSQL 18 with Redshift's views": "redshift-dialect.test.ts",
} as const;
