import amqp from "amqplib";
import {
  createRotatingConnection,
  type RotatingConnectionOptions,
} from "../../../../shared/client/pools/amqp/rotating-connection.ts";
import { createWire } from "../../../../shared/testing/engine-contract/wire.ts";
import { startWireProxy, type WireProxy } from "../../../../shared/testing/engine-contract/wire-proxy.ts";
import { type RabbitmqUnderTest, startRabbitmq } from "../../rabbitmq.ts";
import { rabbitmqFixture, rabbitmqServerOf } from "../../rabbitmq-fixture.ts";
import type { PoolFixture, SubjectOptions, SubjectServer } from "../fixture.ts";

const connect = async (options: SubjectOptions, settings: Partial<RotatingConnectionOptions<amqp.ChannelModel>> = {}) =>
  createRotatingConnection<amqp.ChannelModel>({
    ...options,
    connect: async (url, more) => amqp.connect(url, more),
    ...settings,
  });

/** A queue whose messages are counted by root, who consumes them. */
async function marks({ amqpPort, root }: RabbitmqUnderTest, proxy: WireProxy): Promise<SubjectServer> {
  const judge = await amqp.connect({ hostname: "127.0.0.1", port: amqpPort, ...root });
  const channel = await judge.createChannel();
  await channel.assertQueue("marks");
  const counts = new Map<string, number>();
  await channel.consume(
    "marks",
    (message) => {
      const mark = message?.content.toString() ?? "";
      counts.set(mark, (counts.get(mark) ?? 0) + 1);
    },
    { noAck: true },
  );
  return {
    async arrived(mark) {
      // What was confirmed is delivered before the broker answers this.
      await channel.checkQueue("marks");
      return counts.get(mark) ?? 0;
    },
    sessions: async () => proxy.open(),
    async stop() {
      await judge.close();
      await proxy.stop();
    },
  };
}

/** The operation is a message that the broker confirms; the long work, a message that is consumed and not acknowledged yet. */
export function amqpFixture(binary: string): PoolFixture {
  let rabbitmq: RabbitmqUnderTest;
  let proxy: WireProxy;
  const address = () => ({ url: `amqp://127.0.0.1:${proxy.port}` });
  return {
    name: "amqplib on RabbitMQ",
    engine: {
      ...rabbitmqFixture(binary),
      start: async () => rabbitmqServerOf((rabbitmq = await startRabbitmq(binary))),
    },
    exemptions: [
      { clause: "tls", reason: "the secret leads to the management API; another test has a broker without TLS" },
      { clause: "tls-typed", reason: "the same" },
    ],
    async prepare() {
      proxy = await startWireProxy(createWire(), { host: "127.0.0.1", port: rabbitmq.amqpPort });
      return marks(rabbitmq, proxy);
    },
    async open(options) {
      const connection = await connect(options, address());
      const publisher = await connection.createConfirmChannel();
      return {
        async operate(mark) {
          publisher.sendToQueue("marks", Buffer.from(mark));
          await publisher.waitForConfirms();
          return undefined;
        },
        async longWork(mark) {
          const channel = await connection.createConfirmChannel();
          const queue = `work-${mark}`;
          await channel.assertQueue(queue);
          channel.sendToQueue(queue, Buffer.from(mark));
          const messages: amqp.ConsumeMessage[] = [];
          const message = await new Promise<amqp.ConsumeMessage>((resolve) => {
            void channel.consume(queue, (delivered) => {
              if (delivered === null) return;
              messages.push(delivered);
              resolve(delivered);
            });
          });
          return {
            step: async () => void (await channel.checkQueue(queue)),
            async finish() {
              channel.sendToQueue("marks", message.content);
              await channel.waitForConfirms();
              channel.ack(message);
              await channel.checkQueue(queue);
              if (messages.length > 1) throw new Error("the message was delivered again");
            },
          };
        },
        get versionId() {
          return connection.versionId;
        },
        visible: [connection, publisher],
        close: async () => connection.end(),
      };
    },
    credentialSettings: ["url", "username", "password"],
    openWith: async (options, settings) => connect(options, settings),
  };
}
