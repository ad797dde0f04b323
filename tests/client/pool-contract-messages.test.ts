import { describe } from "vitest";
import { poolContract } from "../support/pool-contract/contract.ts";
import { amqpFixture } from "../support/pool-contract/subjects/amqp.ts";
import { rabbitmqServer } from "../support/rabbitmq.ts";

describe.skipIf(rabbitmqServer === undefined)("RabbitMQ", () => {
  poolContract(amqpFixture(rabbitmqServer ?? ""));
});
