import amqp from "amqplib";
import { startRabbitmq } from "../../tests/support/rabbitmq.ts";
import { rabbitmqFixture, rabbitmqServerOf } from "../../tests/support/rabbitmq-fixture.ts";
import type { Product } from "./load.ts";
import { type Login, searchedLogins } from "./searched-logins.ts";

const isRefusal = (error: unknown): boolean => String(error).includes("ACCESS_REFUSED");

/** The rotation goes by the management API, the load by AMQP: a connection, a message there and back, and its end. */
export function rabbitmq(binary: string): Product {
  let port = 0;

  async function messageAs({ username, password }: Login): Promise<void> {
    const connection = await amqp.connect({ hostname: "127.0.0.1", port, username, password: password.reveal() });
    connection.on("error", () => undefined);
    try {
      const channel = await connection.createConfirmChannel();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      channel.sendToQueue(queue, Buffer.from("there"));
      await channel.waitForConfirms();
      const message = await channel.get(queue, { noAck: true });
      if (message === false) throw new Error("the message did not come back");
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
    rotating: (client, secretId) => searchedLogins(client, secretId, messageAs, isRefusal),
    queryAs: messageAs,
  };
}
