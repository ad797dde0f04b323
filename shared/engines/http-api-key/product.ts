/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "an API of the tests with two keys": "http-api-key.test.ts",
} as const;
