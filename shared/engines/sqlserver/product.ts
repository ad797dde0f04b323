/** The oldest version that rekey supports, by product. */
export const oldestVersions = { "SQL Server": "13.0" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "a server of the tests that speaks TDS, no SQL Server": "sqlserver.test.ts",
} as const;
