/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "IAM of the local stack": "iam-access-key.test.ts" } as const;
