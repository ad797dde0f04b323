/** The oldest version that rekey supports, by product: what the driver takes, which is wire version 9. */
export const oldestVersions = { MongoDB: "4.4", DocumentDB: "5.0" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "FerretDB 1.24": "ferretdb.test.ts",
} as const;
