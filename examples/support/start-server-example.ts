import type { EngineFixture, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { startStage } from "../../shared/testing/engine-contract/stage.ts";
import { ferretDb } from "../../tests/support/ferretdb.ts";
import { ferretDbFixture } from "../../tests/support/ferretdb-fixture.ts";
import { kafkaProgram, startKafka } from "../../tests/support/kafka.ts";
import { kafkaFixture, kafkaServerOf } from "../../tests/support/kafka-fixture.ts";
import { openTopic } from "../../tests/support/kafka-topic.ts";
import { redisServer } from "../../tests/support/redis.ts";
import { redisFixture } from "../../tests/support/redis-fixture.ts";
import { rabbitmqServer, startRabbitmq } from "../../tests/support/rabbitmq.ts";
import { rabbitmqFixture, rabbitmqServerOf } from "../../tests/support/rabbitmq-fixture.ts";
import { createSecretClient } from "rekey/client";
import { secretsManagerSource } from "rekey/client/secrets-manager";
import type { Example } from "./start-example.ts";

async function start(fixture: EngineFixture, variant: Variant): Promise<Example> {
  await using starting = new AsyncDisposableStack();
  const server = await fixture.start();
  starting.defer(server.stop);
  const stage = await startStage(fixture, server);
  starting.defer(stage.stop);
  const { id: secretId } = await stage.newSecret(variant);
  const source = secretsManagerSource(stage.aws.own);
  const client = createSecretClient({ source });
  starting.use(client);
  const stops = starting.move();
  return {
    client,
    source,
    secretId,
    async rotate() {
      const versionId = await stage.rotate(secretId);
      client.invalidate(secretId, { atLeast: versionId });
      await client.get(secretId);
    },
    [Symbol.asyncDispose]: async () => stops.disposeAsync(),
  };
}

/** FerretDB, and the secret of two users that take turns. `rotate` tells the client, as an event does. */
export async function startMongoExample(): Promise<Example> {
  if (ferretDb === undefined) throw new Error("set REKEY_FERRETDB");
  return start(ferretDbFixture(ferretDb), {
    strategy: "alternating-users",
    usesAdmin: true,
    tags: { "rekey:alternate-user": "app_b" },
  });
}

/** Redis, and the secret of a user with two passwords at a time. `rotate` tells the client, as an event does. */
export async function startRedisExample(): Promise<Example> {
  if (redisServer === undefined) throw new Error("install redis-server");
  return start(redisFixture(redisServer), { strategy: "dual-password", usesAdmin: true });
}

/** Kafka with the topic `notes`, and the secret of two users that take turns. `rotate` tells the client, as an event does. */
export async function startKafkaExample(): Promise<Example> {
  if (kafkaProgram === undefined) throw new Error("set REKEY_KAFKA");
  const program = kafkaProgram;
  const fixture: EngineFixture = {
    ...kafkaFixture(program),
    async start() {
      const server = await startKafka(program);
      await openTopic(server, "notes");
      return kafkaServerOf(server);
    },
  };
  return start(fixture, { strategy: "alternating-users", usesAdmin: true });
}

/** RabbitMQ, its address for AMQP, and the secret of two users that take turns. `rotate` tells the client, as an event does. */
export async function startRabbitmqExample(): Promise<Example & { readonly url: string }> {
  if (rabbitmqServer === undefined) throw new Error("install rabbitmq-server");
  const rabbitmq = await startRabbitmq(rabbitmqServer);
  const fixture = { ...rabbitmqFixture(rabbitmqServer), start: async () => rabbitmqServerOf(rabbitmq) };
  const example = await start(fixture, { strategy: "alternating-users", usesAdmin: true });
  return { ...example, url: `amqp://127.0.0.1:${rabbitmq.amqpPort}` };
}
