import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";
import { startStallingProxy } from "../../support/stalling-proxy.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { redisService } from "./redis-service.ts";

const kind = "it stops silently";
const soon = { timeout: 60_000 };
const watched = { heartbeatMs: 100, answerTimeoutMs: 400, loginTimeoutMs: 1_000 };
printFieldCases();

describe.skipIf(redisServer === undefined)("Redis stops answering without closing", () => {
  let server: RedisUnderTest;
  beforeAll(async () => {
    server = await startRedis(redisServer ?? "");
  });
  afterAll(async () => server.stop());

  test(
    "the command that waits fails, the connection is made again, and the next commands work",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      await using service = await redisService(server, { ...watched, port: proxy.port });
      const { redis, codes } = service;
      const seen: string[] = [];
      for (const event of ["reconnecting", "ready", "end"]) redis.on(event, () => seen.push(event));
      proxy.stallOpen();
      await expect(redis.get("a")).rejects.toThrow(/abort|timeout|closed/i);
      await expect(redis.set("a", "1")).resolves.toBe("OK");
      expect(seen).toEqual(["reconnecting", "ready"]);
      expect(codes()).toContain("connection-stalled");
    }),
  );

  test(
    "a service that only subscribes hears of messages again",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      await using service = await redisService(server, { ...watched, port: proxy.port });
      const heard: string[] = [];
      await service.redis.subscribe("news", (message) => heard.push(message));
      proxy.stallOpen();
      await expect
        .poll(async () => {
          await server.admin("PUBLISH", "news", "again");
          return heard.length;
        }, soon)
        .toBeGreaterThan(0);
    }),
  );

  test(
    "while nothing answers at all, it is told, and once something does, commands work",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      await using service = await redisService(server, { ...watched, port: proxy.port });
      const { redis, codes } = service;
      const errors: Error[] = [];
      redis.on("error", (error: Error) => errors.push(error));
      proxy.stallOpen();
      proxy.stallNew();
      const takenBefore = proxy.connections;
      await expect.poll(() => codes(), soon).toEqual(expect.arrayContaining(["connection-stalled", "connection-lost"]));
      await expect.poll(() => proxy.connections, soon).toBeGreaterThan(takenBefore + 1);
      expect(errors.length).toBeGreaterThan(0);
      proxy.heal();
      await expect.poll(async () => redis.set("b", "2").catch(() => "not yet"), soon).toBe("OK");
    }),
  );

  test(
    "a rotation that comes during the silence is taken when the connection is made again",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      await using service = await redisService(server, { ...watched, port: proxy.port });
      proxy.stallOpen();
      const versionId = await service.rotate();
      await expect.poll(() => service.connection.versionId, soon).toBe(versionId);
      await expect(service.redis.ping()).resolves.toBe("PONG");
    }),
  );

  test(
    "a command that blocks for longer than an answer may take is not cut",
    fieldCase(kind, async () => {
      await using service = await redisService(server, watched);
      const { redis, codes } = service;
      const popped = redis.blPop("queue", 10);
      await wait(1_500);
      await server.admin("RPUSH", "queue", "job");
      await expect(popped).resolves.toEqual({ key: "queue", element: "job" });
      expect(codes()).toEqual([]);
    }),
  );

  test(
    "a user that may not run PING keeps its connection",
    fieldCase(kind, async () => {
      await using service = await redisService(server, watched);
      await server.admin("ACL", "SETUSER", service.username, "-ping");
      const before = await service.redis.clientId();
      await wait(1_500);
      expect(await service.redis.clientId()).toBe(before);
      expect(service.codes()).toEqual([]);
    }),
  );

  test(
    "with heartbeatMs: 0 the server is asked for nothing, and the driver's own socketTimeout and pingInterval hold",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      await using service = await redisService(server, {
        heartbeatMs: 0,
        loginTimeoutMs: 1_000,
        port: proxy.port,
        createClient: (login) =>
          createClient({
            ...login,
            socket: { ...login.socket, socketTimeout: 500 },
            pingInterval: 100,
            disableClientInfo: true,
            maintNotifications: "disabled",
          }),
      });
      proxy.stallOpen();
      await expect(service.redis.get("a")).rejects.toThrow(/abort|timeout|closed/i);
      await expect(service.redis.set("a", "1")).resolves.toBe("OK");
      expect(service.codes()).not.toContain("connection-stalled");
    }),
  );

  test(
    "end does not wait for a silent server past drainTimeoutMs",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      const service = await redisService(server, { heartbeatMs: 0, drainTimeoutMs: 300, port: proxy.port });
      proxy.stallOpen();
      const answer = service.redis.get("a").catch(() => "failed");
      await service.connection.end();
      expect(await answer).toBe("failed");
      await service[Symbol.asyncDispose]();
    }),
  );

  test(
    "the first connection to a silent server fails with a typed error",
    fieldCase(kind, async () => {
      await using proxy = await startStallingProxy(server.port);
      proxy.stallOpen();
      proxy.stallNew();
      await expect(redisService(server, { loginTimeoutMs: 300, port: proxy.port })).rejects.toMatchObject({
        code: "time-budget-spent",
      });
    }),
  );
});
