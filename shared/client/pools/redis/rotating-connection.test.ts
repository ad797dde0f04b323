import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeRedis, refusal } from "../../../../tests/support/fake-redis.ts";
import { after, redisLogin, type RedisStage, timedRedisStage } from "../../../../tests/support/redis-stage.ts";
import { settled } from "../../../../tests/support/settled.ts";
import type { RedisLogin, RedisServer } from "./redis-login.ts";

let stage: RedisStage;

beforeEach(() => {
  stage = timedRedisStage();
});
afterEach(async () => stage.stop());

const turn = async (): Promise<void> => after(0);
const codesAndAuths = (redis: FakeRedis): unknown[] => [stage.codes(), redis.sent("AUTH")];

describe("the first connection", () => {
  test("logs in as the secret says, and asks nobody else before", async () => {
    const { redis, versionId, refusedLogins } = await stage.start();
    expect(redis.options).toMatchObject({
      socket: { host: "h", port: 6379 },
      database: 0,
      credentialsProvider: { type: "async-credentials-provider" },
    });
    expect([redis.passwords, redis.commands, stage.server.made.length]).toEqual([["one"], [["CLIENT", "ID"]], 1]);
    expect([versionId, refusedLogins]).toEqual([await stage.current(), 0]);
    expect([redis.isReady, stage.told]).toEqual([true, []]);
  });

  test("acknowledges its version, and leaves no timer", async () => {
    const { versionId } = await stage.start();
    expect([stage.acknowledged, vi.getTimerCount()]).toEqual([[versionId], 0]);
  });

  test("takes AWSPENDING where AWSCURRENT is refused", async () => {
    stage.server.wrong.add("one");
    const pending = stage.client.secrets.putPending("a", redisLogin("two"));
    const { versionId, refusedLogins } = await stage.start();
    expect([versionId, refusedLogins, stage.codes()]).toEqual([pending, 1, []]);
  });

  test("fails where every credential is refused, and leaves nothing open", async () => {
    stage.server.wrong.add("one");
    expect(await settled(stage.start({ heartbeatMs: 1_000 }))).toMatchObject({
      code: "credential-refused",
      context: { secret: "a" },
    });
    expect(stage.server.made[0]?.isOpen).toBe(false);
    expect([stage.listeners, vi.getTimerCount(), stage.codes()]).toEqual([0, 0, []]);
  });

  test("fails with the driver's error, which is not told as a loss", async () => {
    const failure = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    stage.server.answering = async () => Promise.reject(failure);
    expect(await settled(stage.start())).toBe(failure);
    expect([stage.codes(), vi.getTimerCount()]).toEqual([[], 0]);
  });

  test.each([
    ["no client", () => undefined as never],
    [
      "a client that is open",
      (options: RedisLogin) => Object.assign(stage.server.createClient(options), { isOpen: true }),
    ],
  ])("fails where createClient gives %s", async (_, createClient) => {
    expect(await settled(stage.start({ createClient }))).toMatchObject({
      code: "option-invalid",
      context: { option: "createClient" },
    });
  });

  test("fails with the client's error where there is no secret", async () => {
    expect(await settled(stage.start({ secretId: "missing" }))).toMatchObject({ code: "secret-not-found" });
  });

  test("fails where the place holds what is none", async () => {
    expect(await settled(stage.start({ server: { tls: true } as RedisServer }))).toMatchObject({
      code: "option-invalid",
      context: { option: "server.tls" },
    });
  });
});

describe("a client that does not log in as its options say", () => {
  const startedWith = async (change: (redis: FakeRedis) => object): Promise<unknown> =>
    settled(
      stage.start({
        createClient: (options) => {
          const redis = stage.server.createClient(options);
          return Object.assign(redis, change(redis));
        },
      }),
    );

  test("is not given a login before it was looked at", async () => {
    const asked: Promise<unknown>[] = [];
    await stage.start({
      createClient: (options) => {
        asked.push(settled(options.credentialsProvider.credentials()));
        return stage.server.createClient(options);
      },
    });
    expect(await Promise.all(asked)).toMatchObject([{ code: "option-invalid", context: { option: "createClient" } }]);
  });

  test("is refused and closed once it is connected", async () => {
    const failure = await startedWith((redis) => ({ attempt: async () => redis.becomeReady() }));
    expect(failure).toMatchObject({ code: "option-invalid", context: { option: "createClient" } });
    expect([stage.server.made[0]?.isOpen, stage.server.made[0]?.commands, stage.listeners]).toEqual([false, [], 0]);
  });

  test("fails with the server's refusal, at once", async () => {
    let attempts = 0;
    const refused = (redis: FakeRedis) => async () => {
      attempts++;
      redis.emit("error", refusal);
      throw refusal;
    };
    expect(await startedWith((redis) => ({ attempt: refused(redis) }))).toBe(refusal);
    expect(attempts).toBe(1);
  });
});

describe("a rotation", () => {
  test("logs in again on the connection that there is, and is acknowledged", async () => {
    const connection = await stage.start();
    const first = connection.versionId;
    const versionId = await stage.client.rotate("a", redisLogin("two"));
    await turn();
    expect(connection.redis.sent("AUTH")).toEqual([["AUTH", "u", "two"]]);
    expect([connection.versionId, connection.redis.isReady, stage.server.made.length]).toEqual([versionId, true, 1]);
    expect(stage.acknowledged).toEqual([first, versionId]);
  });

  test("of another secret changes nothing", async () => {
    stage.client.secrets.put("b", redisLogin("other"));
    const { redis } = await stage.start();
    await stage.client.get("b");
    await stage.client.rotate("b", redisLogin("another"));
    await turn();
    expect(redis.sent("AUTH")).toEqual([]);
  });

  test("to the version that is logged in already sends nothing", async () => {
    stage.server.wrong.add("one");
    const pending = stage.client.secrets.putPending("a", redisLogin("two"));
    const { redis } = await stage.start();
    stage.client.secrets.promote("a");
    await stage.client.refresh("a");
    await turn();
    expect([await stage.current(), redis.sent("AUTH")]).toEqual([pending, []]);
  });

  test("to a login that the server refuses is reported, and the connection stays as it is", async () => {
    const connection = await stage.start();
    const before = connection.versionId;
    stage.server.replying = () => Promise.reject(refusal);
    const version = await stage.client.rotate("a", redisLogin("two"));
    await turn();
    expect(stage.told).toMatchObject([
      { secretId: "a", error: { code: "credential-refused", context: { secret: "a", version, reason: "WRONGPASS" } } },
    ]);
    expect([connection.versionId, connection.refusedLogins]).toEqual([before, 1]);
  });

  test("that the server answers otherwise is reported with a hint, and one without an answer is not", async () => {
    const connection = await stage.start();
    stage.server.replying = () =>
      Promise.reject(new Error("ERR Can't execute 'auth': only (P|S)SUBSCRIBE are allowed"));
    const version = await stage.client.rotate("a", redisLogin("two"));
    await turn();
    expect(stage.told).toMatchObject([
      {
        error: {
          code: "database-failed",
          context: { version, reason: "ERR" },
          hint: expect.stringContaining("duplicate()"),
        },
      },
    ]);
    stage.server.replying = () => Promise.reject(new Error("Socket closed"));
    await stage.client.rotate("a", redisLogin("three"));
    await turn();
    expect([stage.told.length, connection.refusedLogins]).toEqual([1, 0]);
  });

  test("to a value of no use is reported once, and nothing is sent", async () => {
    const { redis } = await stage.start();
    await stage.client.rotate("a", "no login");
    await turn();
    expect(codesAndAuths(redis)).toEqual([["secret-malformed"], []]);
  });

  test("while the login is under way is made up for once the connection is there", async () => {
    const login = Promise.withResolvers<void>();
    stage.server.answering = async () => login.promise;
    const starting = stage.start();
    await turn();
    const versionId = await stage.client.rotate("a", redisLogin("two"));
    await turn();
    login.resolve();
    const connection = await starting;
    await turn();
    expect([connection.redis.passwords, connection.redis.sent("AUTH")]).toEqual([["one"], [["AUTH", "u", "two"]]]);
    expect(connection.versionId).toBe(versionId);
  });
});

describe("the end", () => {
  test("closes the connection in order, once, and nothing logs in after it", async () => {
    const connection = await stage.start();
    const closed = vi.spyOn(connection.redis, "close");
    await Promise.all([connection.end(), connection.end(), connection[Symbol.asyncDispose]()]);
    await stage.client.rotate("a", redisLogin("two"));
    await turn();
    expect([closed.mock.calls.length, connection.redis.isOpen, connection.redis.sent("AUTH")]).toEqual([1, false, []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("comes with the end of the block that disposes of the connection", async () => {
    const connection = await stage.start();
    await connection[Symbol.asyncDispose]();
    expect([connection.redis.isOpen, stage.listeners]).toEqual([false, 0]);
  });

  test("asks and sends nothing more while commands finish", async () => {
    const finished = Promise.withResolvers<void>();
    stage.server.closing = finished.promise;
    const { redis, end } = await stage.start({ heartbeatMs: 1_000 });
    const ending = end();
    await stage.client.rotate("a", redisLogin("two"));
    await vi.advanceTimersByTimeAsync(59_999);
    expect([redis.isOpen, redis.sent("AUTH"), redis.sent("PING")]).toEqual([true, [], []]);
    finished.resolve();
    await ending;
    expect(redis.isOpen).toBe(false);
  });

  test("cuts what is not finished in its time", async () => {
    stage.server.closing = new Promise(() => undefined);
    const { redis, end } = await stage.start();
    const ending = end();
    await vi.advanceTimersByTimeAsync(60_000);
    await ending;
    expect(redis.isOpen).toBe(false);
  });

  test("cuts a connection that is lost at once, and leaves a closed one alone", async () => {
    const { redis, end } = await stage.start();
    redis.lose(new Error("cut"));
    const [closed, destroyed] = [vi.spyOn(redis, "close"), vi.spyOn(redis, "destroy")];
    await end();
    expect([closed.mock.calls.length, destroyed.mock.calls.length]).toEqual([0, 1]);
    const second = await stage.start();
    second.redis.destroy();
    const again = vi.spyOn(second.redis, "destroy");
    await second.end();
    expect(again).not.toHaveBeenCalled();
  });

  test("stops the time limit of a login that is under way", async () => {
    const { redis, end } = await stage.start();
    stage.server.answering = async (asking) => (asking === redis ? new Promise(() => undefined) : undefined);
    redis.lose(new Error("cut"));
    const login = settled(redis.attempt());
    await turn();
    await end();
    await login;
    expect([redis.passwords.length, redis.isOpen, vi.getTimerCount()]).toEqual([2, false, 0]);
  });
});
