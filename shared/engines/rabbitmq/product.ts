/** The oldest version that rekey supports, by product: limits of a user came with it. */
export const oldestVersions = { RabbitMQ: "3.8.10" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "RabbitMQ 3.10": "rabbitmq.test.ts" } as const;
