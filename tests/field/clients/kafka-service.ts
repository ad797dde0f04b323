import { load } from "./peer-services.ts";

/** Messages of one producer that stays, and of producers that are made for each. */
export const kafkaService = `
import { pbkdf2Sync, randomBytes } from "node:crypto";
import * as kafka from "@platformatic/kafka";
import { fakeSecretClient } from "rekey/testing";
import { createRotatingLogin } from "rekey/client/kafka";
${load}
const { host, port, root } = input;
const user = "peer_" + process.pid;
async function connected(login) {
  const connection = new kafka.Connection("peer", { sasl: { mechanism: "SCRAM-SHA-512", ...login } });
  connection.on("error", () => undefined);
  await connection.connect(host, port);
  return connection;
}
const admin = await connected(root);
async function set(password) {
  const salt = randomBytes(16);
  const saltedPassword = pbkdf2Sync(password, salt, 4096, 64, "sha512");
  const one = { name: user, mechanism: kafka.ScramMechanisms.SCRAM_SHA_512, iterations: 4096, salt, saltedPassword };
  await kafka.alterUserScramCredentialsV0.api.async(admin, [], [one]);
  for (let tries = 0; tries < 50; tries++) {
    const connection = await connected({ username: user, password }).catch(() => wait(20));
    if (connection) return connection.close();
  }
}
await set("first");
const secretOf = (password) => ({ engine: "kafka", host, port, username: user, password, ssl: false });
const client = fakeSecretClient({ broker: secretOf("first") });
const { made: login } = await refusal(() => createRotatingLogin({ client, secretId: "broker", kafka }));
const serializers = kafka.stringSerializers;
const kept = new kafka.Producer({ clientId: "kept", serializers, ...login.options });
const send = (producer) => producer.send({ messages: [{ topic: "peers", value: "one" }] });
await underLoad(
  async () => {
    const producer = new kafka.Producer({ clientId: "once", serializers, ...login.options });
    await Promise.all([send(producer), send(kept)]);
    await producer.close();
  },
  async (rotation) => {
    await set("next" + rotation);
    client.secrets.put("broker", secretOf("next" + rotation));
    await wait(100);
    await client.refresh("broker");
  },
);
if (login.refusedLogins === 0) failed.push("no login was refused");
await kept.close();
await login.end();
await admin.close();
await client.close();
print({});
`;
