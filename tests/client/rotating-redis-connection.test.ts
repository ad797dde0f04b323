import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { createServer } from "node:net";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRotatingConnection, type RedisLogin } from "../../shared/client/pools/redis/rotating-connection.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import type { SecretSource } from "../../shared/client/sources/secret-source.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { EngineServer, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";
import { listening } from "../support/listening.ts";
import { redisServer } from "../support/redis.ts";
import { redisFixture } from "../support/redis-fixture.ts";

const dualPassword: Variant = { strategy: "dual-password", usesAdmin: true };

describe.skipIf(redisServer === undefined)("the rotating connection of redis", () => {
  let server: EngineServer;
  let stage: Stage;
  beforeAll(async () => {
    const fixture = redisFixture(redisServer ?? "");
    server = await fixture.start();
    stage = await startStage(fixture, server);
  });
  afterAll(async () => {
    await stage.stop();
    await server.stop();
  });

  async function rotating() {
    const secret = await stage.newSecret(dualPassword);
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const acknowledged: string[] = [];
    const connection = await createRotatingConnection({
      client,
      secretId: secret.id,
      createClient: (login) => createClient(login),
      reconnectDelayMs: () => 5,
      acknowledge: async ({ versionId }) => void acknowledged.push(versionId),
    });
    const announce = async (versionId: string): Promise<void> => {
      client.invalidate(secret.id, { atLeast: versionId });
      await client.get(secret.id);
    };
    const end = async (): Promise<void> => {
      await connection.end();
      await client.close();
    };
    return { ...secret, client, connection, acknowledged, announce, end };
  }

  test("a secret of user name and password alone logs in where the caller says", async () => {
    const { account } = await stage.newSecret(dualPassword);
    const secretId = `bare-${account.username}`;
    const SecretString = JSON.stringify({
      ...account,
      ssl: server.fields["ssl"],
      sslrootcert: server.fields["sslrootcert"],
    });
    await stage.aws.own.send(new CreateSecretCommand({ Name: secretId, SecretString }));
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const options = { client, secretId, createClient: (login: RedisLogin) => createClient(login) };
    await using connection = await createRotatingConnection({
      ...options,
      server: { host: "127.0.0.1", port: server.port },
    });
    expect(await connection.redis.sendCommand(["ACL", "WHOAMI"])).toBe(account.username);
    await expect(createRotatingConnection(options)).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "host" },
      hint: expect.stringContaining("server.host"),
    });
  });

  test("a rotation logs in anew on the same connection: what is under way stays, also an open WATCH", async () => {
    const { id, connection, acknowledged, announce, end } = await rotating();
    const { redis } = connection;
    const connectionId = await redis.clientId();
    await redis.watch("balance");
    const versionId = await stage.rotate(id);
    await announce(versionId);
    await expect.poll(() => connection.versionId).toBe(versionId);
    await expect(redis.multi().set("balance", "1").exec()).resolves.toEqual(["OK"]);
    expect(await redis.clientId()).toBe(connectionId);
    expect(connection.refusedLogins).toBe(0);
    expect(acknowledged.at(-1)).toBe(versionId);
    await end();
  });

  test("a connection that is cut after two rotations, which no event told of, comes back with the newest password", async () => {
    const { id, connection, end } = await rotating();
    const { redis } = connection;
    await stage.rotate(id);
    const versionId = await stage.rotate(id);
    const cut = await redis.clientId();
    const isCut = new Promise((resolve) => redis.once("reconnecting", () => resolve(undefined)));
    await redis.sendCommand(["CLIENT", "KILL", "ID", String(cut), "SKIPME", "no"]).catch(() => undefined);
    await isCut;
    await expect(redis.set("key", "value")).resolves.toBe("OK");
    expect(await redis.clientId()).not.toBe(cut);
    expect(connection.versionId).toBe(versionId);
    expect(connection.refusedLogins).toBe(1);
    await end();
  });

  test("the first connection is refused with a typed error when no version holds the password", async () => {
    const { id, account } = await stage.newSecret(dualPassword);
    await server.changePassword({ username: account.username, password: "changed" });
    await using client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const before = await server.failedLogins();
    const connecting = createRotatingConnection({ client, secretId: id, createClient: (login) => createClient(login) });
    await expect(connecting).rejects.toMatchObject({ code: "credential-refused" });
    expect((await server.failedLogins()) - before).toBe(1);
  });

  test("a password that is refused for a while is offered again once every version was refused", async () => {
    const { account, connection, end } = await rotating();
    const { redis } = connection;
    await server.changePassword({ username: account.username, password: "changed" });
    const cut = await redis.clientId();
    const isCut = new Promise((resolve) => redis.once("reconnecting", () => resolve(undefined)));
    await redis.sendCommand(["CLIENT", "KILL", "ID", String(cut), "SKIPME", "no"]).catch(() => undefined);
    await isCut;
    const answer = redis.ping();
    await expect.poll(() => connection.refusedLogins).toBeGreaterThanOrEqual(2);
    await server.changePassword(account);
    await expect(answer).resolves.toBe("PONG");
    await end();
  });
});

test.each([
  "WRONGPASS invalid username-password pair or user is disabled.",
  "NOAUTH HELLO must be called with the client already authenticated",
  "NOPERM this user has no permissions to run the 'hello' command",
  "ERR invalid password",
])("%s refuses the credential, and the next one is offered", async (reply) => {
  const offered: string[] = [];
  const answerTo = ([name, , , , password = ""]: readonly string[]): string => {
    if (name !== "HELLO") return "+OK\r\n";
    offered.push(password);
    return password === "new" ? "%1\r\n+server\r\n+redis\r\n" : `-${reply}\r\n`;
  };
  await using proxy = await listening(
    createServer((socket) =>
      socket.on("data", (chunk: Buffer) => {
        for (const command of chunk.toString().split(/(?=\*\d+\r\n)/)) {
          socket.write(answerTo([...command.matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, word = ""]) => word)));
        }
      }),
    ),
  );
  const secret = { engine: "redis", host: "127.0.0.1", port: proxy.port, username: "app", ssl: false };
  const passwords = new Map([
    ["AWSCURRENT", "old"],
    ["AWSPENDING", "new"],
  ]);
  const source: SecretSource = {
    async read(_secretId, at) {
      const password = "label" in at ? passwords.get(at.label) : undefined;
      if (password === undefined) return undefined;
      return { versionId: password, value: new SecretValue(JSON.stringify({ ...secret, password })) };
    },
  };
  using client = createSecretClient({ source });
  await using connection = await createRotatingConnection({
    client,
    secretId: "app",
    createClient: (login) => createClient(login),
  });
  expect(connection.refusedLogins).toBe(1);
  expect(offered).toEqual(["old", "new"]);
});
