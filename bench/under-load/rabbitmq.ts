import amqp from "amqplib";
import { createRotatingConnection } from "../../shared/client/pools/amqp/rotating-connection.ts";
import { startRabbitmq } from "../../tests/support/rabbitmq.ts";
import { rabbitmqFixture, rabbitmqServerOf } from "../../tests/support/rabbitmq-fixture.ts";
import type { Product } from "./load.ts";
import type { Login } from "./searched-logins.ts";
import { connected } from "./services.ts";

type Connection = Pick<amqp.ChannelModel, "createConfirmChannel">;

/** A message there and back, on a channel of its own. */
async function message(connection: Connection): Promise<void> {
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue("", { autoDelete: true });
  const delivered = new Promise<amqp.ConsumeMessage | null>((resolve) => void channel.consume(queue, resolve));
  channel.sendToQueue(queue, Buffer.from("there"));
  await channel.waitForConfirms();
  const arrived = await delivered;
  if (arrived === null || arrived.fields.redelivered) throw new Error("the message came back in another way");
  channel.ack(arrived);
  await channel.close();
}

/**
 * The rotation goes by the management API, the load by AMQP. Half of the workers share one connection over every rotation, half
 * make a new one for each message.
 */
export function rabbitmq(binary: string): Product {
  let port = 0;

  async function messageAs({ username, password }: Login): Promise<void> {
    const connection = await amqp.connect({ hostname: "127.0.0.1", port, username, password: password.reveal() });
    connection.on("error", () => undefined);
    try {
      await message(connection);
    } finally {
      await connection.close();
    }
  }

  return {
    fixture: {
      ...rabbitmqFixture(binary),
      async start() {
        const server = await startRabbitmq(binary);
        port = server.amqpPort;
        return rabbitmqServerOf(server);
      },
    },
    rotating(client, secretId) {
      const connect = async () =>
        createRotatingConnection<amqp.ChannelModel>({
          client,
          secretId,
          url: `amqp://127.0.0.1:${port}`,
          connect: async (url, options) => amqp.connect(url, options),
        });
      return connected(connect, (worker) => (worker % 2 === 0 ? 0 : undefined), message);
    },
    queryAs: messageAs,
  };
}
