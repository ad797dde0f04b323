import { describe } from "vitest";
import { kafkaProgram } from "../support/kafka.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { kafkaPoolFixture } from "../support/pool-contract/subjects/kafka.ts";

describe.skipIf(kafkaProgram === undefined)("Kafka", () => {
  poolContract(kafkaPoolFixture(kafkaProgram ?? ""));
});
