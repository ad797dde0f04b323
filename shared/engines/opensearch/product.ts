/** The oldest version that rekey supports, by product. */
export const oldestVersions = { OpenSearch: "2.0.0" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "OpenSearch 2.19": "opensearch.test.ts" } as const;
