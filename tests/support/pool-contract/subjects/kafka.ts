import { readFile } from "node:fs/promises";
import * as kafka from "@platformatic/kafka";
import {
  createRotatingLogin,
  type RotatingLogin,
  type RotatingLoginOptions,
} from "../../../../shared/client/pools/kafka/rotating-login.ts";
import { type KafkaUnderTest, startKafka } from "../../kafka.ts";
import { kafkaFixture, kafkaServerOf } from "../../kafka-fixture.ts";
import { asRoot, openTopic, textConsumer, textProducer } from "../../kafka-topic.ts";
import type { LongWork, PoolFixture, SubjectOptions, SubjectServer } from "../fixture.ts";
import { newMark } from "../suite.ts";

const topic = "marks";

const logIn = async (
  { drainTimeoutMs: _none, ...options }: SubjectOptions,
  settings: Partial<RotatingLoginOptions> = {},
): Promise<RotatingLogin> => createRotatingLogin({ ...options, kafka, ...settings });

/** The local ports of connections to this one. Source: proc_pid_net(5), where 01 is an established connection. */
async function connectionsTo(port: number): Promise<readonly string[]> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([, local = "", other, state]) => (other?.endsWith(remote) && state === "01" ? [local] : []));
}

/** A topic whose messages root counts. */
async function marks(server: KafkaUnderTest): Promise<SubjectServer> {
  await openTopic(server, topic);
  const judge = await textConsumer(asRoot(server), topic, "judge");
  const fence = textProducer(asRoot(server));
  return {
    async arrived(mark) {
      const last = newMark();
      await fence.send({ messages: [{ topic, value: last }] });
      await judge.arrival(last);
      return judge.arrived.filter((value) => value === mark).length;
    },
    sessions: async () => connectionsTo(server.port),
    async stop() {
      await judge.close();
      await fence.close();
    },
  };
}

/** A producer and a member of a group, which stay connected. */
async function startWork(login: RotatingLogin, mark: string): Promise<LongWork & { close(): Promise<void> }> {
  const producer = textProducer(login.options);
  const consumer = await textConsumer(login.options, topic, mark);
  let steps = 0;
  const close = async (): Promise<void> => {
    await producer.close();
    await consumer.close();
  };
  const there = async (value: string): Promise<void> => {
    await producer.send({ messages: [{ topic, value }] });
    await consumer.arrival(value);
  };
  return {
    step: async () => there(`${mark}-${steps++}`),
    async finish() {
      await there(mark);
      if (consumer.joined() !== 1 || consumer.errors.length > 0)
        throw new Error("the member did not stay in its group");
      await close();
    },
    close,
  };
}

/** The operation is a message of a producer of its own; the long work, messages there and back. */
export function kafkaPoolFixture(program: string): PoolFixture {
  let server: KafkaUnderTest;
  return {
    name: "@platformatic/kafka on Kafka",
    engine: {
      ...kafkaFixture(program),
      start: async () => kafkaServerOf((server = await startKafka(program))),
    },
    prepare: async () => marks(server),
    async open(options) {
      const login = await logIn(options);
      const works: Awaited<ReturnType<typeof startWork>>[] = [];
      return {
        async operate(mark) {
          const producer = textProducer(login.options);
          try {
            await producer.send({ messages: [{ topic, value: mark }] });
          } finally {
            await producer.close();
          }
          return undefined;
        },
        async longWork(mark) {
          const work = await startWork(login, mark);
          works.push(work);
          return work;
        },
        get versionId() {
          return login.versionId;
        },
        visible: login,
        async close() {
          for (const work of works) await work.close();
          await login.end();
        },
      };
    },
    credentialSettings: ["bootstrapBrokers", "sasl", "username", "password"],
    openWith: async (options, settings) => logIn(options, settings),
  };
}
