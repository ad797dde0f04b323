import { setTimeout as delay } from "node:timers/promises";
import {
  AclOperations,
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  type ProducerOptions,
  ResourceTypes,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import { allow } from "./kafka-fixture.ts";
import { type KafkaUnderTest, root } from "./kafka.ts";

type Connecting = Pick<
  ProducerOptions<string, string, string, string>,
  "bootstrapBrokers" | "sasl" | "tls" | "retries" | "retryDelay"
>;

/** Makes a topic of one partition that everyone may write to, and read in every group. */
export async function openTopic(kafka: KafkaUnderTest, topic: string): Promise<void> {
  const everyone = { host: "*", operation: AclOperations.ALL };
  await allow(kafka, "*", { ...everyone, resourceType: ResourceTypes.TOPIC, resourceName: topic });
  await allow(kafka, "*", { ...everyone, resourceType: ResourceTypes.GROUP, resourceName: "*" });
  const admin = new Admin({ clientId: "judge", ...asRoot(kafka) });
  await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
  while (!(await admin.listTopics()).includes(topic)) await delay(50);
  await admin.close();
}

/** Over the listener without TLS. */
export const asRoot = ({ host, plainPort: port }: KafkaUnderTest): Connecting => ({
  bootstrapBrokers: [{ host, port }],
  sasl: { mechanism: "SCRAM-SHA-512", ...root },
});

export type TextProducer = Producer<string, string, string, string>;

export const textProducer = (connecting: Connecting): TextProducer =>
  new Producer({ clientId: "tests", serializers: stringSerializers, ...connecting });

export interface TextConsumer {
  /** The values so far, in order, however often each arrived. */
  readonly arrived: readonly string[];
  /** Resolves once this value has arrived. */
  arrival(value: string): Promise<void>;
  /** What the service would see: errors of its stream and its heartbeats. */
  readonly errors: readonly unknown[];
  /** How often it has joined its group. */
  readonly joined: () => number;
  close(): Promise<void>;
}

/** Reads the topic in a group of its own, or this one, and commits what it has read. */
export async function textConsumer(connecting: Connecting, topic: string, groupId: string): Promise<TextConsumer> {
  const deserializers = stringDeserializers;
  const consumer = new Consumer({ clientId: "tests", groupId, deserializers, heartbeatInterval: 200, ...connecting });
  const arrived: string[] = [];
  const errors: unknown[] = [];
  let joined = 0;
  consumer.on("consumer:group:join", () => joined++);
  consumer.on("consumer:heartbeat:error", ({ error }) => errors.push(error));
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: "earliest",
    maxWaitTime: 100,
    autocommit: 100,
  });
  stream.on("error", (error) => errors.push(error));
  stream.on("data", ({ value }) => arrived.push(value));
  return {
    arrived,
    async arrival(value) {
      while (!arrived.includes(value)) await delay(10);
    },
    errors,
    joined: () => joined,
    async close() {
      await stream.close();
      await consumer.close();
    },
  };
}
