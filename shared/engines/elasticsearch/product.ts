/** The oldest version that rekey supports, by product: since then the server names itself in a header. */
export const oldestVersions = { Elasticsearch: "7.14.0" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "a server of the tests that answers like Elasticsearch, no Elasticsearch": "elasticsearch.test.ts",
} as const;
