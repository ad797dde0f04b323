import * as kafka from "@platformatic/kafka";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createRotatingLogin, type RotatingLoginOptions } from "../../shared/client/pools/kafka/rotating-login.ts";
import { fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { type KafkaUnderTest, kafkaProgram, type MechanismName, startKafka } from "../support/kafka.ts";
import { openTopic, textConsumer, textProducer } from "../support/kafka-topic.ts";
import * as loopback from "../support/loopback-certificate.ts";

const soon = { timeout: 20_000 };
const topic = "orders";
let users = 0;

/** A session ends unless it logs in again within this time, which the driver does at four fifths of it. */
const sessionMs = 1_000;
const plain = "org.apache.kafka.common.security.plain.PlainLoginModule required";
const settings = `
listener.name.external.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.external.plain.sasl.jaas.config=${plain} user_plain="by-plain";
listener.name.external.scram-sha-256.connections.max.reauth.ms=${sessionMs}
listener.name.external.scram-sha-512.connections.max.reauth.ms=${sessionMs}
`;

describe.skipIf(kafkaProgram === undefined)("the rotating login of @platformatic/kafka", () => {
  let server: KafkaUnderTest;
  beforeAll(async () => {
    server = await startKafka(kafkaProgram ?? "", loopback, settings);
    await openTopic(server, topic);
  }, 120_000);
  afterAll(async () => server.stop());

  async function service(more: Partial<RotatingLoginOptions> = {}) {
    const { host, port } = server;
    const first = { username: `user${users++}`, password: "canary-first-71c2", sasl_mechanism: "SCRAM-SHA-512" };
    const place = { host, port, sslrootcert: loopback.certificate };
    await server.setPassword(first.username, first.password, ["SCRAM-SHA-512"]);
    const client = fakeSecretClient({ kafka: { ...first, ...place } });
    onTestFinished(async () => client.close());
    const reported: unknown[] = [];
    client.on("error", (failure) => reported.push(failure));
    const change = async (username = first.username, name: MechanismName = "SCRAM-SHA-512") => {
      const next = { username, password: `canary-next-${users++}`, sasl_mechanism: name };
      await server.setPassword(username, next.password, [name]);
      return { ...next, ...place };
    };
    const rotate = async (username?: string, name?: MechanismName): Promise<void> =>
      void (await client.rotate("kafka", await change(username, name)));
    const options: RotatingLoginOptions = { client, secretId: "kafka", kafka, ...more };
    return { client, options, change, rotate, reported, first: { ...first, ...place } };
  }

  async function opened(more: Partial<RotatingLoginOptions> = {}) {
    const made = await service(more);
    const login = await createRotatingLogin(made.options);
    onTestFinished(async () => login.end());
    return { ...made, login };
  }

  test.each([
    ["the password", (_rotation: number, user: string) => [user, "SCRAM-SHA-512"] as const],
    ["the user", (rotation: number, user: string) => [`${user}${rotation % 2 ? "" : "-b"}`, "SCRAM-SHA-512"] as const],
    [
      "the mechanism",
      (rotation: number, user: string) => [user, rotation % 2 ? "SCRAM-SHA-512" : "SCRAM-SHA-256"] as const,
    ],
  ])(
    "sessions that log in again after a rotation of %s lose no message, repeat none and stay in their group",
    { timeout: 60_000 },
    async (_what, next) => {
      const { login, rotate, reported, first } = await opened();
      const producer = textProducer(login.options);
      onTestFinished(async () => producer.close());
      const consumer = await textConsumer(login.options, topic, first.username);
      onTestFinished(async () => consumer.close());
      const failures: unknown[] = [];
      const sent: string[] = [];
      const sending: Promise<unknown>[] = [];
      const sender = setInterval(() => {
        const value = `${first.username}-${sent.length}`;
        sent.push(value);
        sending.push(producer.send({ messages: [{ topic, value }] }).catch((error: unknown) => failures.push(error)));
      }, 5);
      for (let rotation = 0; rotation < 3; rotation++) {
        await rotate(...next(rotation, first.username));
        await wait(1.5 * sessionMs);
      }
      clearInterval(sender);
      await Promise.all(sending);
      const own = (): string[] => consumer.arrived.filter((value) => value.startsWith(`${first.username}-`));
      await expect.poll(() => own().length, soon).toBeGreaterThanOrEqual(sent.length);
      console.log(sent.length, login.refusedLogins);
      expect([failures, consumer.errors, reported]).toEqual([[], [], []]);
      expect(own().toSorted()).toEqual(sent.toSorted());
      expect(consumer.joined()).toBe(1);
    },
  );
});
