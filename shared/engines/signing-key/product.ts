/** What the engine contract is kept on, with its test in `tests/engines`. */
export const testedOn = { jose: "signing-key.test.ts" } as const;

/** A key that no longer signs is verified by until the rotation after its last token's end. */
export const overlap = { name: "token-lifetime", endedBy: "the first rotation after the token lifetime" } as const;
