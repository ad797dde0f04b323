/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = { "Apache Kafka 4.0 with a stand-in for MSK's reading of secrets": "msk.test.ts" } as const;

/** A replaced user is not given another password, which MSK would take minutes later. */
export const overlap = { name: "until-retired", endedBy: "the next rotation" } as const;
