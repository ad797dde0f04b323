import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import amqp from "amqplib";
import { connect as connectManager } from "amqp-connection-manager";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  createRotatingConnection,
  rotatingServers,
  type RotatingConnectionOptions,
} from "../../shared/client/pools/amqp/rotating-connection.ts";
import { listening } from "../support/listening.ts";
import { outsideProgram } from "../support/outside-program.ts";
import { type RabbitmqUnderTest, rabbitmqServer, startRabbitmq } from "../support/rabbitmq.ts";
import { fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";

type Options = RotatingConnectionOptions<amqp.ChannelModel>;
const connect: Options["connect"] = async (url, options) => amqp.connect(url, options);
const peers = outsideProgram("REKEY_PEERS", "npm: .ci/peers");
const soon = { timeout: 20_000 };
let users = 0;

describe.skipIf(rabbitmqServer === undefined)("the rotating connection of amqplib", () => {
  let rabbitmq: RabbitmqUnderTest;
  let url: string;
  beforeAll(async () => {
    rabbitmq = await startRabbitmq(rabbitmqServer ?? "");
    url = `amqp://127.0.0.1:${rabbitmq.amqpPort}`;
  }, 120_000);
  afterAll(async () => rabbitmq.stop());

  async function setPassword(username: string, password: string): Promise<void> {
    await rabbitmq.admin("PUT", `users/${username}`, { password, tags: "" });
    await rabbitmq.admin("PUT", `permissions/%2F/${username}`, { configure: ".*", write: ".*", read: ".*" });
  }

  async function service(more: Partial<Options> = {}) {
    const first = { username: `user${users++}`, password: "first" };
    await setPassword(first.username, first.password);
    const client = fakeSecretClient({ broker: first });
    onTestFinished(async () => client.close());
    const reported: string[] = [];
    client.on("error", ({ error }) => reported.push(error.code));
    const options: Options = { client, secretId: "broker", connect, url, ...more };
    const rotate = async (username = first.username): Promise<string> => {
      const next = { username, password: `next${users++}` };
      await setPassword(next.username, next.password);
      await client.rotate("broker", next);
      return next.password;
    };
    return { client, options, reported, rotate, username: first.username };
  }

  async function opened(more: Partial<Options> = {}) {
    const made = await service(more);
    const connection = await createRotatingConnection<amqp.ChannelModel>(made.options);
    onTestFinished(async () => connection.end());
    const moved = async (username?: string): Promise<void> => {
      const before = connection.versionId;
      await made.rotate(username);
      await expect.poll(() => connection.versionId, soon).not.toBe(before);
    };
    return { ...made, connection, moved };
  }

  test.each(["username", "password", "pool", "drainTimeout"])(
    "the option %s is refused, without its value",
    async (name) => {
      const { options } = await service({ [name]: "canary-7e1" });
      const refusal = await createRotatingConnection<amqp.ChannelModel>(options).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "option-invalid", context: { option: name } });
      expect(() => rotatingServers(options)).toThrow(expect.objectContaining({ code: "option-invalid" }));
      expect(inspect(refusal, { depth: 8 })).not.toContain("canary-7e1");
    },
  );

  test.skipIf(peers === undefined)("the lowest amqplib loses no message over three rotations", async () => {
    const lowest = createRequire(join(peers ?? "", "package.json"))("amqplib-lowest") as typeof amqp;
    const { connection, moved } = await opened({ connect: async (url, options) => lowest.connect(url, options) });
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue(`lowest-${users++}`);
    const got: string[] = [];
    await channel.consume(queue, (message) => {
      if (message === null) return;
      got.push(message.content.toString());
      channel.ack(message);
    });
    const sent: string[] = [];
    for (let rotation = 0; rotation <= 3; rotation++) {
      if (rotation > 0) await moved();
      for (let message = 0; message < 20; message++) {
        sent.push(`${rotation} ${message}`);
        channel.sendToQueue(queue, Buffer.from(`${rotation} ${message}`));
      }
      await channel.waitForConfirms();
    }
    await expect.poll(() => got, soon).toEqual(sent);
    expect(connection.refusedLogins).toBe(0);
  });

  test("it has all that the driver's connection and channels have", async () => {
    const { connection } = await opened();
    const plain = await amqp.connect({ hostname: "127.0.0.1", port: rabbitmq.amqpPort, ...rabbitmq.root });
    onTestFinished(async () => plain.close());
    const publicOf = (prototype: object): string[] =>
      Object.getOwnPropertyNames(prototype).filter((name) => !/^(?:constructor|open|rpc|handle.*|_.*)$/.test(name));
    const membersOf = (object: object): string[] => publicOf(Object.getPrototypeOf(object) as object);
    const channel = await connection.createConfirmChannel();
    const theirs = await plain.createConfirmChannel();
    const inherited = publicOf(Object.getPrototypeOf(Object.getPrototypeOf(theirs) as object) as object);
    const tracked = new Set(["registerConsumer", "unregisterConsumer", "dispatchMessage"]);
    const missing = [...membersOf(theirs), ...inherited].filter((name) => !(name in channel) && !tracked.has(name));
    expect([missing, membersOf(plain).filter((name) => !(name in connection))]).toEqual([[], []]);
  });

  test("channels that open and close while connections are replaced: each call is answered, and no channel is left", async () => {
    const { connection, moved, username } = await opened();
    let isRunning = true;
    let closed = 0;
    const opening = Array.from({ length: 32 }, async () => {
      while (isRunning) {
        const channel = await connection.createConfirmChannel();
        const { queue } = await channel.assertQueue("", { autoDelete: true });
        const delivered = new Promise<amqp.ConsumeMessage | null>((resolve) => void channel.consume(queue, resolve));
        channel.sendToQueue(queue, Buffer.from("there and back"));
        await channel.waitForConfirms();
        const message = await delivered;
        if (message !== null) channel.ack(message);
        await channel.close();
        closed++;
      }
    });
    for (let rotation = 0; rotation < 12; rotation++) await moved(`${username}${rotation % 2 === 0 ? "-b" : ""}`);
    isRunning = false;
    await Promise.all(opening);
    expect(closed).toBeGreaterThan(32);
    const left = async (): Promise<unknown> => {
      const channels = (await rabbitmq.admin("GET", "channels")) as readonly { readonly user: string }[];
      return channels.filter(({ user }) => user.startsWith(username));
    };
    await expect.poll(left, soon).toEqual([]);
  });

  test("messages in the midst of consumption and publication are neither lost nor delivered twice over rotations to other users", async () => {
    const setUp: string[] = [];
    const { connection, moved, username } = await opened({
      setup: async (model) => {
        const channel = await model.createChannel();
        await channel.assertQueue("busy");
        setUp.push("once more");
        await channel.close();
      },
    });
    const channel = await connection.createConfirmChannel();
    await channel.prefetch(5);
    const consumed: number[] = [];
    const again: number[] = [];
    await channel.consume("busy", (message) => {
      if (message === null) return;
      const number = Number(message.content.toString());
      (message.fields.redelivered ? again : consumed).push(number);
      setTimeout(() => channel.ack(message), number % 7);
    });
    let published = 0;
    let isRunning = true;
    const publishing = (async () => {
      while (isRunning) {
        channel.sendToQueue("busy", Buffer.from(String(published++)));
        if (published % 50 === 0) await channel.waitForConfirms();
        if (published % 10 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      }
    })();
    for (let rotation = 0; rotation < 6; rotation++) await moved(`${username}${rotation % 2 === 0 ? "-b" : ""}`);
    isRunning = false;
    await publishing;
    await channel.waitForConfirms();
    await expect.poll(() => consumed.length, soon).toBe(published);
    expect(consumed).toEqual(Array.from({ length: published }, (_, number) => number));
    expect([again, setUp.length]).toEqual([[], 7]);
  });

  test("a rotation whose setup fails leaves everything where it is, and says so", async () => {
    let isBroken = false;
    const { connection, rotate, reported } = await opened({
      setup: async () => {
        if (isBroken) throw new Error("canary: no such exchange");
      },
    });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue("stays");
    const before = connection.versionId;
    isBroken = true;
    await rotate();
    await expect.poll(() => reported, soon).toEqual(["connection-lost"]);
    channel.sendToQueue("stays", Buffer.from("1"));
    await channel.waitForConfirms();
    expect(connection.versionId).toBe(before);
  });

  test("after the drain's time, a message that is not acknowledged is delivered again where the caller wants that", async () => {
    const acknowledged: string[] = [];
    const { connection, moved } = await opened({
      drainTimeoutMs: 50,
      afterDrainTimeout: "destroy",
      acknowledge: async ({ versionId }) => void acknowledged.push(versionId),
    });
    const channel = await connection.createChannel();
    await channel.assertQueue("slow");
    const deliveries: amqp.ConsumeMessage[] = [];
    await channel.consume("slow", (message) => {
      if (message !== null) deliveries.push(message);
    });
    channel.sendToQueue("slow", Buffer.from("1"));
    await expect.poll(() => deliveries.length, soon).toBe(1);
    await moved();
    await expect.poll(() => deliveries.map(({ fields }) => fields.redelivered), soon).toEqual([false, true]);
    // What the closed channel delivered is not acknowledged on another.
    channel.ack(deliveries[0]!);
    channel.ack(deliveries[1]!);
    await channel.checkQueue("slow");
    await expect.poll(() => acknowledged.at(-1), soon).toBe(connection.versionId);
  });

  test("a connection that the broker closes is told as the driver tells it, and is over", async () => {
    const { connection, username } = await opened();
    const channel = await connection.createChannel();
    const told: string[] = [];
    connection.on("error", () => told.push("error"));
    channel.on("close", () => told.push("channel closed"));
    const closed = once(connection, "close");
    await rabbitmq.admin("DELETE", `users/${username}`);
    await closed;
    expect(told).toContain("channel closed");
    await expect(connection.createChannel()).rejects.toMatchObject({ code: "pool-closed" });
  });

  test("a closed channel stays closed over a rotation", async () => {
    const { connection, moved } = await opened();
    const channel = await connection.createChannel();
    channel.on("error", () => undefined);
    await expect(channel.checkQueue("no-such-queue")).rejects.toMatchObject({ code: 404 });
    await moved();
    expect(() => channel.sendToQueue("no-such-queue", Buffer.from(""))).toThrow("Channel closed");
  });

  test("a connection made without the credential that it was given is refused", async () => {
    const { options } = await service({
      connect: async () => amqp.connect({ hostname: "127.0.0.1", port: rabbitmq.amqpPort, ...rabbitmq.root }),
    });
    await expect(createRotatingConnection(options)).rejects.toMatchObject({
      code: "option-invalid",
      context: { option: "connect" },
    });
  });

  test("a broker without TLS is not offered a password by amqps", async () => {
    const { options } = await service({ url: `amqps://127.0.0.1:${rabbitmq.amqpPort}` });
    await expect(createRotatingConnection(options)).rejects.toMatchObject({ code: "tls-refused" });
  });

  test("amqp-connection-manager connects with the newest credential, also where the one it knows is refused", async () => {
    const { client, username, ...made } = await service();
    const findServers = rotatingServers({ ...made.options, connectionOptions: { noDelay: true } });
    const manager = connectManager(undefined, { findServers, reconnectTimeInSeconds: 1 });
    onTestFinished(async () => manager.close());
    const told: unknown[] = [];
    manager.on("connect", (about: object) => told.push(Object(about)["url"]));
    const channel = manager.createChannel({
      setup: async (raw: amqp.Channel) => void (await raw.assertQueue("managed")),
    });
    await channel.sendToQueue("managed", Buffer.from("1"));
    await made.rotate();
    const untold = { username, password: "nobody was told" };
    await setPassword(username, untold.password);
    client.secrets.put("broker", untold);
    const again = once(manager, "connect");
    manager.reconnect();
    await again;
    await channel.waitForConnect();
    await channel.sendToQueue("managed", Buffer.from("2"));
    expect(told).toEqual([url, url]);
  });
});

test.each(["", "\0\0"])("a broker that answers %j within the login is given up in time", async (answer) => {
  const server = createServer((socket) => socket.on("error", () => undefined).write(answer));
  const { port, stop } = await listening(server);
  onTestFinished(stop);
  const client = fakeSecretClient({ broker: { username: "u", password: "p" } });
  onTestFinished(async () => client.close());
  const options: Options = { client, secretId: "broker", connect, url: `amqp://127.0.0.1:${port}`, loginTimeoutMs: 50 };
  await expect(createRotatingConnection(options)).rejects.toThrow(/ETIMEDOUT/);
});
