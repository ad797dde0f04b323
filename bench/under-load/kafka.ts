import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import * as kafka from "@platformatic/kafka";
import { createRotatingLogin } from "../../shared/client/pools/kafka/rotating-login.ts";
import type { SecretClient } from "../../shared/client/secret-client.ts";
import { startKafka } from "../../tests/support/kafka.ts";
import { kafkaFixture, kafkaServerOf } from "../../tests/support/kafka-fixture.ts";
import { openTopic, textConsumer, textProducer, type TextProducer } from "../../tests/support/kafka-topic.ts";
import type { Product } from "./load.ts";
import type { Login } from "./searched-logins.ts";
import { connected } from "./services.ts";

const topic = "load";
/** Long-lived connections log in again several times in a run. */
const sessionMs = 2_000;
const settings = ["256", "512"]
  .map((bits) => `listener.name.external.scram-sha-${bits}.connections.max.reauth.ms=${sessionMs}`)
  .join("\n");
/** Longer than the member that reads needs for what is left. */
const deliveryMs = 20_000;

async function sendOnce(producer: TextProducer, value: string): Promise<void> {
  try {
    await producer.send({ messages: [{ topic, value }] });
  } finally {
    await producer.close();
  }
}

/** Half of the workers share one producer over every rotation, half make a new one for each message. A member of a group reads all. */
async function startService(client: SecretClient, secretId: string) {
  const login = await createRotatingLogin({ client, secretId, kafka });
  const kept = textProducer(login.options);
  const consumer = await textConsumer(login.options, topic, randomUUID());
  const run = randomUUID();
  const sent: string[] = [];

  async function verify(): Promise<void> {
    const arrived = (): string[] => consumer.arrived.filter((value) => value.startsWith(run));
    const late = performance.now() + deliveryMs;
    while (arrived().length < sent.length && performance.now() < late) await wait(50);
    const isSame = arrived().toSorted().join() === sent.toSorted().join();
    const reasons = JSON.stringify({ sent: sent.length, arrived: arrived().length, joined: consumer.joined() });
    if (!isSame || consumer.joined() !== 1 || consumer.errors.length > 0)
      throw new Error(`messages are lost or repeated, or the member left its group: ${reasons}`);
  }

  return {
    async send(worker: number): Promise<void> {
      const value = `${run}-${randomUUID()}`;
      if (worker % 2 === 0) await kept.send({ messages: [{ topic, value }] });
      else await sendOnce(textProducer(login.options), value);
      sent.push(value);
    },
    get refusedLogins() {
      return login.refusedLogins;
    },
    async end(): Promise<void> {
      await verify();
      await kept.close();
      await consumer.close();
      await login.end();
    },
  };
}

/** A message is acknowledged, and has arrived once at the end. */
export function kafkaMessages(program: string): Product {
  let port = 0;

  return {
    // What the client computes for each login keeps two cores busy.
    connections: 8,
    fixture: {
      ...kafkaFixture(program),
      async start() {
        const server = await startKafka(program, undefined, settings);
        await openTopic(server, topic);
        port = server.port;
        return kafkaServerOf(server);
      },
    },
    rotating: (client, secretId) =>
      connected(
        async () => startService(client, secretId),
        () => 0,
        async (service, worker) => service.send(worker),
      ),
    async queryAs({ username, password, saslMechanism }: Login) {
      const mechanism = saslMechanism === "SCRAM-SHA-256" ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
      const sasl = { mechanism, username, password: password.reveal() } as const;
      await sendOnce(textProducer({ bootstrapBrokers: [{ host: "127.0.0.1", port }], sasl }), "by the cache");
    },
  };
}
