import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { rabbitmqServer } from "../support/rabbitmq.ts";
import { rabbitmqFixture } from "../support/rabbitmq-fixture.ts";

describe.skipIf(rabbitmqServer === undefined)("from Debian", () => {
  contractTests(rabbitmqFixture(rabbitmqServer ?? ""));
});
