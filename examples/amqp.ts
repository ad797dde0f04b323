import { connect, type ChannelModel } from "amqplib";
import { createRotatingConnection } from "rekey/client/amqp";
import { startRabbitmqExample } from "./support/start-server-example.ts";

await using example = await startRabbitmqExample();

await using connection = await createRotatingConnection<ChannelModel>({
  client: example.client,
  secretId: example.secretId,
  url: example.url,
  connect: async (url, options) => connect(url, options),
});
const moved = async (): Promise<void> => {
  const drained = new Promise<void>((resolve) => connection.onDrained(() => resolve()));
  await example.rotate();
  await drained;
};
const channel = await connection.createConfirmChannel();
await channel.assertQueue("notes");
const notes: string[] = [];
await channel.consume("notes", (message) => {
  if (message === null) return;
  notes.push(message.content.toString());
  channel.ack(message);
});
const publish = async (text: string): Promise<void> => {
  const arrived = notes.length + 1;
  channel.sendToQueue("notes", Buffer.from(text));
  await channel.waitForConfirms();
  while (notes.length < arrived) await new Promise((resolve) => setTimeout(resolve, 10));
};

await publish("before");
await moved();
await publish("in the midst");
await moved();
await publish("after");
console.log(notes.join(", "));
console.log(`refused logins: ${connection.refusedLogins}`);
