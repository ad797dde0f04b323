import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { kafkaProgram } from "../support/kafka.ts";
import { kafkaFixture } from "../support/kafka-fixture.ts";

describe.skipIf(kafkaProgram === undefined)("from Maven", () => {
  contractTests(kafkaFixture(kafkaProgram ?? ""), { isSlow: true });
});
