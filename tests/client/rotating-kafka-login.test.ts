import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import * as kafka from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  createRotatingLogin,
  type RotatingLogin,
  type RotatingLoginOptions,
} from "../../shared/client/pools/kafka/rotating-login.ts";
import { fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { type KafkaUnderTest, kafkaProgram, type MechanismName, startKafka } from "../support/kafka.ts";
import { listening } from "../support/listening.ts";
import { openTopic, textConsumer, type TextProducer, textProducer } from "../support/kafka-topic.ts";
import * as loopback from "../support/loopback-certificate.ts";

const soon = { timeout: 60_000 };
const topic = "orders";
let users = 0;

/** A session ends unless it logs in again within this time, which the driver does at four fifths of it: a busy machine has the fifth. */
const sessionMs = 4_000;
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
    { timeout: 120_000 },
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
      for (let rotation = 0; rotation < 2; rotation++) {
        await rotate(...next(rotation, first.username));
        await wait(1.5 * sessionMs);
      }
      clearInterval(sender);
      await Promise.all(sending);
      const own = (): string[] => consumer.arrived.filter((value) => value.startsWith(`${first.username}-`));
      await expect.poll(() => own().length, soon).toBeGreaterThanOrEqual(sent.length);
      expect([failures, consumer.errors, reported]).toEqual([[], [], []]);
      expect(own().toSorted()).toEqual(sent.toSorted());
      expect(consumer.joined()).toBe(1);
    },
  );

  const clientOf = ({ options }: RotatingLogin): TextProducer => {
    const producer = textProducer({ ...options, retryDelay: 20 });
    onTestFinished(async () => producer.close());
    return producer;
  };
  const send = async (producer: TextProducer, value = "one"): Promise<unknown> =>
    producer.send({ messages: [{ topic, value }] });
  const trap = async () => {
    let connections = 0;
    const server = await listening(createServer(() => connections++));
    onTestFinished(server.stop);
    return { port: server.port, connections: () => connections };
  };

  test("a session whose credential was replaced untold logs in again with AWSCURRENT as it is then", async () => {
    const { client, change, login } = await opened();
    const producer = clientOf(login);
    await send(producer);
    client.secrets.put("kafka", await change());
    await expect.poll(() => login.refusedLogins, soon).toBe(1);
    await send(producer);
    expect(login.versionId).toBe(client.peek("kafka")?.versionId);
  });

  test("a connection that told its mechanism before a rotation changed it logs in at the first try", async () => {
    const { login, rotate, first } = await opened();
    const { sasl, ...options } = login.options;
    const told: kafka.SASLOptions = {
      mechanism: sasl.mechanism,
      authenticate: (...given) => {
        const rotated =
          login.options.sasl.mechanism === told.mechanism ? rotate(first.username, "SCRAM-SHA-256") : undefined;
        void Promise.resolve(rotated).then(() => sasl.authenticate(...given));
      },
    };
    const producer = textProducer({ ...options, sasl: told, retries: 0 });
    onTestFinished(async () => producer.close());
    await expect(send(producer)).resolves.toHaveProperty("offsets");
    expect([sasl.mechanism, login.refusedLogins]).toEqual(["SCRAM-SHA-256", 0]);
  });

  test("a secret cannot have its password sent: PLAIN is the caller's choice, and takes TLS", async () => {
    const { client, first, login, reported } = await opened();
    const refused = server.refused();
    await client.rotate("kafka", { ...first, sasl_mechanism: "PLAIN" });
    await expect(send(clientOf(login))).rejects.toThrow("failed 4 times");
    expect(reported).toMatchObject([{ error: { code: "secret-malformed", context: { field: "sasl_mechanism" } } }]);
    expect(login.options.sasl.mechanism).toBe("SCRAM-SHA-512");
    expect(server.refused()).toBe(refused);
    const { port, connections } = await trap();
    const withoutTls = fakeSecretClient({ kafka: { ...first, port, ssl: false } });
    const options = { client: withoutTls, secretId: "kafka", kafka, mechanism: "PLAIN" } as const;
    await expect(createRotatingLogin(options)).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "mechanism" },
    });
    await expect(
      createRotatingLogin({ ...options, bootstrapBrokers: [{ host: "127.0.0.1", port }], tls: false }),
    ).rejects.toMatchObject({ code: "option-invalid" });
    expect(connections()).toBe(0);
    await withoutTls.close();
  });

  test("by PLAIN over TLS the credential is the secret's too", async () => {
    const { host, port } = server;
    const client = fakeSecretClient({ kafka: { username: "plain", password: "wrong" } });
    onTestFinished(async () => client.close());
    client.secrets.put("kafka", { username: "plain", password: "by-plain" });
    const login = await createRotatingLogin({
      client,
      secretId: "kafka",
      kafka,
      mechanism: "PLAIN",
      bootstrapBrokers: [`${host}:${port}`],
      tls: { ca: loopback.certificate },
    });
    await expect(send(clientOf(login))).resolves.toHaveProperty("offsets");
  });

  test("a later version leads nobody to another broker, and is offered to none", async () => {
    const { client, first, login, reported } = await opened();
    const kept = clientOf(login);
    await send(kept);
    const { port, connections } = await trap();
    const before = server.log().length;
    await client.rotate("kafka", { ...first, username: "other", port, ssl: false });
    await expect(send(clientOf(login))).rejects.toThrow("failed 4 times");
    expect(reported).toMatchObject([{ error: { code: "secret-malformed", context: { field: "host" } } }]);
    expect(connections()).toBe(0);
    expect(server.log().slice(before)).not.toContain("Failed authentication");
    const { options } = await service({ bootstrapBrokers: [{ host: server.host, port: server.port }] });
    await using configured = await createRotatingLogin(options);
    await (options.client as typeof client).rotate("kafka", {
      ...JSON.parse((await options.client.get("kafka")).value.reveal()),
      port,
      ssl: false,
    });
    await send(clientOf(configured));
    expect(connections()).toBe(0);
  });

  test("a broker that is not there is no reason not to ask the next one", async () => {
    const { port, stop } = await listening(createServer());
    await stop();
    const { login } = await opened({ bootstrapBrokers: [`127.0.0.1:${port}`, `127.0.0.1:${server.port}`] });
    await expect(send(clientOf(login))).resolves.toHaveProperty("offsets");
  });

  test("nothing that a service can print holds a credential, and after its end nobody logs in", async () => {
    const { client, login, first, rotate } = await opened();
    const producer = clientOf(login);
    await send(producer);
    await rotate();
    await login.end();
    await login.end();
    const error: unknown = await send(clientOf(login)).catch((thrown: unknown) => thrown);
    const shown = inspect([login, producer, error], { depth: 20, showHidden: true, maxStringLength: null });
    expect(shown).toContain("pool-closed");
    expect(shown).not.toMatch(/canary-/);
    expect([first.password, (await client.get("kafka")).value.reveal()].join()).toMatch(/canary-first.*canary-next/);
  });
});

test.each(["", "\0\0\0\x08\0\0"])("a broker that answers %j within the login is given up in time", async (answer) => {
  const server = createServer((socket) =>
    socket
      .on("error", () => undefined)
      .resume()
      .write(answer),
  );
  const sockets = new Set<unknown>();
  server.on("connection", (socket) => void sockets.add(socket.once("close", () => sockets.delete(socket))));
  const { port, stop } = await listening(server);
  onTestFinished(stop);
  const client = fakeSecretClient({ kafka: { username: "u", password: "p", host: "127.0.0.1", port, ssl: false } });
  onTestFinished(async () => client.close());
  const login = createRotatingLogin({ client, secretId: "kafka", kafka, loginTimeoutMs: 50 });
  await expect(login).rejects.toThrow(/timed out/);
  await expect.poll(() => sockets.size, soon).toBe(0);
});

test("another client than @platformatic/kafka is refused", async () => {
  const client = fakeSecretClient({ kafka: {} });
  onTestFinished(async () => client.close());
  for (const other of [undefined, {}, { ...kafka, saslScramSha: undefined }]) {
    const options = { client, secretId: "kafka", kafka: other } as unknown as RotatingLoginOptions;
    await expect(createRotatingLogin(options)).rejects.toMatchObject({ code: "driver-unsupported" });
  }
});
