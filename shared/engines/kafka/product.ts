/** The oldest version that rekey supports, by product: credentials of SCRAM can be changed by the protocol since then. */
export const oldestVersions = { Kafka: "2.7" } as const;

/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "Apache Kafka 4.0": "kafka.test.ts" } as const;
