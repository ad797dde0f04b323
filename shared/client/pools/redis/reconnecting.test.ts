import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeRedis } from "../../../../tests/support/fake-redis.ts";
import { redisLogin, type RedisStage, redisStage } from "../../../../tests/support/redis-stage.ts";
import { settled } from "../../../../tests/support/settled.ts";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { RotatingConnection } from "./rotating-connection.ts";

let stage: RedisStage;

beforeEach(() => {
  stage = redisStage();
});
afterEach(async () => stage.stop());

const cut = new Error("cut");
/** Started, and lost again. */
async function lost(): Promise<RotatingConnection<FakeRedis>> {
  const connection = await stage.start();
  connection.redis.lose(cut);
  return connection;
}
/** What the connections that only try a login were given, and which of them are open. */
const probes = (): unknown[] => stage.server.made.slice(1).map(({ passwords, isOpen }) => [...passwords, isOpen]);

describe("a lost connection", () => {
  test("is reported once, by the error's code, reply or name, until it is back", async () => {
    const { redis } = await stage.start();
    redis.lose(Object.assign(new Error("canary"), { code: "ECONNRESET" }));
    redis.lose(new Error("canary"));
    redis.emit("error", new Error("canary"));
    expect(stage.told).toMatchObject([
      {
        secretId: "a",
        error: {
          code: "connection-lost",
          context: { secret: "a", reason: "ECONNRESET" },
          hint: expect.stringContaining("reconnects"),
        },
      },
    ]);
    await redis.attempt();
    redis.lose(new Error("LOADING Redis is loading the dataset in memory"));
    await redis.attempt();
    redis.lose(new TypeError("canary"));
    expect(stage.told.map(({ error }) => error.context["reason"])).toEqual(["ECONNRESET", "LOADING", "TypeError"]);
  });

  test("comes back by the newest credential that the server takes, which a connection of its own tries", async () => {
    const connection = await lost();
    stage.client.secrets.put("a", redisLogin("two"));
    stage.server.wrong.add("one");
    await connection.redis.attempt();
    expect(connection.redis.passwords).toEqual(["one", "two"]);
    expect(probes()).toEqual([
      ["one", false],
      ["two", false],
    ]);
    expect(connection.refusedLogins).toBe(1);
  });

  test("comes back by a rotation that came meanwhile, without a second login", async () => {
    const connection = await lost();
    const versionId = await stage.client.rotate("a", redisLogin("two"));
    expect(connection.redis.sent("AUTH")).toEqual([]);
    await connection.redis.attempt();
    expect([connection.redis.passwords, connection.redis.sent("AUTH")]).toEqual([["one", "two"], []]);
    expect(connection.versionId).toBe(versionId);
  });

  test("comes back by the login that it had where the source has nothing of use, which is told once for each version", async () => {
    const connection = await lost();
    const before = connection.versionId;
    stage.client.secrets.putPending("a", "no login either");
    await stage.client.rotate("a", "no login");
    await connection.redis.attempt();
    expect([connection.versionId, connection.redis.passwords, probes()]).toEqual([
      before,
      ["one", "one"],
      [["one", false]],
    ]);
    expect(stage.codes()).toEqual(["connection-lost", "secret-malformed", "secret-malformed"]);
  });

  test("is told once of a value of no use, also where the rotation to it was heard before", async () => {
    const { redis } = await stage.start();
    await stage.client.rotate("a", "no login");
    redis.lose(cut);
    await redis.attempt();
    expect(stage.codes()).toEqual(["secret-malformed", "connection-lost"]);
  });

  test("comes back by the login that it had where the source fails", async () => {
    const { redis } = await lost();
    stage.client.invalidate("a");
    stage.client.secrets.fail(new RekeyError("store-rejected"));
    await redis.attempt();
    expect(redis.passwords).toEqual(["one", "one"]);
  });

  test("fails to come back with the source's failure where the server refuses the login that it had", async () => {
    const connection = await lost();
    stage.server.wrong.add("one");
    stage.client.secrets.fail(new RekeyError("store-rejected"));
    expect(await settled(connection.redis.attempt())).toMatchObject({ code: "store-rejected" });
    expect([connection.refusedLogins, probes()]).toEqual([1, [["one", false]]]);
  });

  test("tries every login again after all of them were refused", async () => {
    const { redis } = await lost();
    stage.server.wrong.add("one");
    expect(await settled(redis.attempt())).toMatchObject({ code: "credential-refused", context: { secret: "a" } });
    stage.server.wrong.clear();
    await redis.attempt();
    expect(redis.passwords).toEqual(["one", "one"]);
  });

  test("tries a login again that was refused before another one was taken", async () => {
    stage.server.wrong.add("one");
    stage.client.secrets.putPending("a", redisLogin("two"));
    const connection = await lost();
    stage.server.wrong.clear();
    stage.server.wrong.add("two");
    await connection.redis.attempt();
    expect([connection.redis.passwords, connection.versionId]).toEqual([["one", "two", "one"], await stage.current()]);
  });
});

describe("the time before the next attempt to connect", () => {
  test("is the caller's", async () => {
    const { redis } = await stage.start({ reconnectDelayMs: (retries) => 7 * retries });
    expect(redis.options.socket.reconnectStrategy(3, cut)).toBe(21);
  });

  test("is doubled up to two seconds, with jitter", async () => {
    const random = vi.spyOn(Math, "random");
    const { redis } = await stage.start();
    const delays = [0, 1, 5, 6].map((retries) => {
      random.mockReturnValue(0.5);
      return redis.options.socket.reconnectStrategy(retries, cut);
    });
    expect(delays).toEqual([50, 100, 1_600, 2_000]);
    random.mockReturnValue(0);
    expect(redis.options.socket.reconnectStrategy(0, cut)).toBe(37.5);
    random.mockRestore();
  });
});
