/** The oldest version that rekey supports, by product. */
export const oldestVersions = { OpenLDAP: "2.5" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "OpenLDAP 2.5.13": "ldap.test.ts",
} as const;
