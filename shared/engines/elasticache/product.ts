/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "Redis 7.0 behind the local stack's API": "elasticache.test.ts" } as const;
