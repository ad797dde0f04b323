/** The oldest version that rekey supports, by product. */
export const oldestVersions = { "Oracle Database": "19" } as const;

/** No Oracle was run: the engine contract is kept on a server of rekey's tests that speaks Oracle's protocol. */
export const testedOn = {} as const;
