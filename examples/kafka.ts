import * as kafka from "@platformatic/kafka";
import { createRotatingLogin } from "rekey/client/kafka";
import { startKafkaExample } from "./support/start-server-example.ts";

await using example = await startKafkaExample();

await using login = await createRotatingLogin({ client: example.client, secretId: example.secretId, kafka });
const { stringDeserializers: deserializers, stringSerializers: serializers } = kafka;
const producer = new kafka.Producer({ clientId: "writer", serializers, ...login.options });
const consumer = new kafka.Consumer({ clientId: "reader", groupId: "readers", deserializers, ...login.options });
const send = async (value: string) => producer.send({ messages: [{ topic: "notes", value }] });

await send("before");
const stream = await consumer.consume({ topics: ["notes"], mode: "earliest" });
await example.rotate();
await send("in the midst");
await example.rotate();
await send("after");
const read: string[] = [];
for await (const message of stream) {
  read.push(message.value);
  if (read.length === 3) break;
}
console.log(read.join(", "));
console.log(`refused logins: ${login.refusedLogins}`);
await consumer.close();
await producer.close();
