/**
 * The oldest version that rekey supports, by product. `ACL GETUSER` and `ACL SETUSER` came with version 6, selectors and keys'
 * rights as they are read here with this one.
 */
export const oldestVersions = { Redis: "6.2" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "Redis 7.0": "redis.test.ts",
} as const;
