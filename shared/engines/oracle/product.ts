/** The oldest version that rekey supports, by product. */
export const oldestVersions = { "Oracle Database": "19.3" } as const;

/** No Oracle was run: what the engine contract is kept on is a model that speaks Oracle's protocol. */
export const testedOn = { "a model of Oracle 19c": "oracle.test.ts" } as const;
