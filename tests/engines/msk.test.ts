import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { kafkaProgram } from "../support/kafka.ts";
import { mskFixture } from "../support/msk-fixture.ts";

describe.skipIf(kafkaProgram === undefined)("with Kafka from Maven", () => {
  contractTests(mskFixture(kafkaProgram ?? ""), { isSlow: true });
});
