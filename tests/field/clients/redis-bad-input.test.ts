import { createClient, createClientPool, createCluster, createSentinel } from "@redis/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { redisService, secretId } from "./redis-service.ts";

const kind = "one bad input ends or blocks the service";
const soon = { timeout: 60_000 };
printFieldCases();

/** Cuts the connection that the client has. */
const cut = async (server: RedisUnderTest, id: number): Promise<unknown> =>
  server.admin("CLIENT", "KILL", "ID", `${id}`);

describe.skipIf(redisServer === undefined)("a service with a rotating connection to Redis", () => {
  let server: RedisUnderTest;
  beforeAll(async () => {
    server = await startRedis(redisServer ?? "");
  });
  afterAll(async () => server.stop());

  test.each([
    ["broken JSON", '{"username": "app", "password": "x'],
    ["JSON that is not an object", "[1, 2]"],
    ["an empty text", ""],
    ["no password", { engine: "redis", username: "app" }],
    ["a user name that is a number", { engine: "redis", username: 7, password: "x" }],
    ["TLS in a word that nobody knows", { engine: "redis", username: "app", password: "x", ssl: "perhaps" }],
  ])("keeps the login that it has over a secret of %s, tells it, and takes the next good one", async (_what, value) =>
    fieldCase(kind, async () => {
      await using service = await redisService(server);
      const { redis, connection, codes } = service;
      const before = connection.versionId;
      const bad = await service.put(value);
      await expect.poll(codes, soon).toContain("secret-malformed");
      expect(connection.versionId).toBe(before);
      await cut(server, await redis.clientId());
      await expect(redis.set("a", "1")).resolves.toBe("OK");
      expect(connection.versionId).toBe(before);
      const good = await service.rotate();
      await expect.poll(() => connection.versionId, soon).toBe(good);
      expect(service.errors.filter(({ code }) => code === "secret-malformed")).toHaveLength(1);
      expect(bad).not.toBe(good);
    })(),
  );

  test(
    "keeps the login that it has over a secret whose password the server does not take, also when it has to reconnect",
    fieldCase(kind, async () => {
      await using service = await redisService(server);
      const { redis, connection, codes } = service;
      const before = connection.versionId;
      await service.put({ ...service.secret(), password: "not the user's" });
      await expect.poll(codes, soon).toContain("credential-refused");
      await cut(server, await redis.clientId());
      await expect(redis.set("a", "1")).resolves.toBe("OK");
      expect(connection.versionId).toBe(before);
    }),
  );

  test(
    "reconnects with the login that it has while the secret's source fails",
    fieldCase(kind, async () => {
      await using service = await redisService(server);
      const { redis, connection, client } = service;
      await client.close();
      await cut(server, await redis.clientId());
      await expect(redis.set("a", "1")).resolves.toBe("OK");
      expect(connection.versionId).toBeDefined();
    }),
  );

  test.each([
    [
      "throws",
      () => {
        throw new Error("acknowledge");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("acknowledge"))],
    ["never settles", async () => new Promise<never>(() => undefined)],
  ])("goes on with an acknowledge that %s", async (_what, acknowledge) =>
    fieldCase(kind, async () => {
      await using service = await redisService(server, { acknowledge });
      const versionId = await service.rotate();
      await expect.poll(() => service.connection.versionId, soon).toBe(versionId);
      await expect(service.redis.set("a", "1")).resolves.toBe("OK");
    })(),
  );

  test(
    "says again to an acknowledge that failed that the version is in use, without another rotation",
    fieldCase(kind, async () => {
      const told: string[] = [];
      await using service = await redisService(server, {
        heartbeatMs: 100,
        acknowledge: async ({ versionId }) => {
          told.push(versionId);
          if (told.length === 1) throw new Error("not now");
        },
      });
      await expect.poll(() => told, soon).toEqual([service.connection.versionId, service.connection.versionId]);
    }),
  );

  test(
    "goes on with listeners that throw at each event of the client, and a createClient that throws for a while",
    fieldCase(kind, async () => {
      let isBroken = false;
      await using service = await redisService(server, {
        createClient: (login) => {
          if (isBroken) throw new Error("createClient");
          return createClient({ ...login, disableClientInfo: true, maintNotifications: "disabled" });
        },
      });
      const { redis, client } = service;
      for (const event of ["rotated", "stale", "error"] as const)
        client.on(event, () => {
          throw new Error(event);
        });
      isBroken = true;
      await cut(server, await redis.clientId());
      const answer = redis.set("a", "1");
      await new Promise((resolve) => redis.once("error", resolve));
      isBroken = false;
      await expect(answer).resolves.toBe("OK");
      const versionId = await service.rotate();
      await expect.poll(() => service.connection.versionId, soon).toBe(versionId);
    }),
  );

  test.each([
    ["NaN", () => NaN],
    [
      "an error",
      () => {
        throw new Error("delay");
      },
    ],
  ])("reconnects where reconnectDelayMs gives %s", async (_what, reconnectDelayMs) =>
    fieldCase(kind, async () => {
      await using service = await redisService(server, { reconnectDelayMs });
      await cut(server, await service.redis.clientId());
      await expect(service.redis.set("a", "1")).resolves.toBe("OK");
    })(),
  );

  const loginsOf = async (): Promise<unknown> => {
    const listed = String(await server.admin("CLIENT", "LIST"));
    return listed.split("\n").filter((line) => / user=(?!root)/.test(line)).length;
  };
  const never = async (): Promise<never> => {
    throw new Error("the client was asked to connect");
  };

  test.each([
    ["nothing", () => undefined, "option-invalid"],
    ["a promise of a client", async (login: object) => createClient(login).connect(), "option-invalid"],
    ["a client of its own login", () => createClient({ username: "app", password: "x" }), "option-invalid"],
    [
      "a client whose url names a user",
      (login: object) => createClient({ ...login, url: `redis://app:x@127.0.0.1:${server.port}` }),
      "option-invalid",
    ],
    ["a pool of clients", (login: object) => createClientPool(login), "driver-unsupported"],
    ["a cluster", (login: object) => createCluster({ rootNodes: [login], defaults: login }), "option-invalid"],
    [
      "a sentinel",
      (login: object) =>
        createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }], nodeClientOptions: login }),
      "option-invalid",
    ],
    [
      "a client of redis 4",
      () => ({
        isOpen: false,
        isReady: false,
        connect: never,
        sendCommand: never,
        on: () => undefined,
        quit: never,
        disconnect: never,
        executeIsolated: never,
      }),
      "driver-unsupported",
    ],
    [
      "a client of ioredis",
      () => ({
        status: "connecting",
        connect: never,
        sendCommand: never,
        on: () => undefined,
        quit: never,
        disconnect: () => undefined,
      }),
      "driver-unsupported",
    ],
  ])("refuses a createClient that gives %s, before anything has logged in", async (_what, make, code) =>
    fieldCase(kind, async () => {
      const before = await loginsOf();
      await expect(redisService(server, { createClient: make as never })).rejects.toMatchObject({ code });
      expect(await loginsOf()).toBe(before);
    })(),
  );

  test.each(["tls", "ssl", "socket", "username", "ca"])("refuses server.%s, which it would drop", async (name) =>
    fieldCase(kind, async () => {
      await expect(redisService(server, { server: { [name]: true } })).rejects.toMatchObject({
        code: "option-invalid",
        context: { option: `server.${name}` },
      });
    })(),
  );

  test(
    "refuses a secret whose dbname is no number, where the driver would take database 0",
    fieldCase(kind, async () => {
      await using service = await redisService(server);
      await service.put({ ...service.secret(), dbname: "orders" });
      const { client } = service;
      const { createRotatingConnection } = await import("../../../shared/client/pools/redis/rotating-connection.ts");
      await expect(
        createRotatingConnection({ client, secretId, createClient: (login) => createClient(login) }),
      ).rejects.toMatchObject({ code: "secret-malformed", context: { field: "dbname" } });
    }),
  );
});
