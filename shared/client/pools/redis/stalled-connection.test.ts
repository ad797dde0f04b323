import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeRedis } from "../../../../tests/support/fake-redis.ts";
import { after, redisLogin, type RedisStage, timedRedisStage } from "../../../../tests/support/redis-stage.ts";
import type { RotatingConnection } from "./rotating-connection.ts";

let stage: RedisStage;
/** What the server lists of the connection. */
let listed: Promise<string>;
let id: () => unknown;
let pong: Promise<string>;

beforeEach(() => {
  stage = timedRedisStage();
  [listed, id, pong] = [Promise.resolve("id=7 flags=N db=0"), () => 7, new Promise(() => undefined)];
  stage.server.replying = async ([name, sub]) => {
    if (name === "PING") return pong;
    return sub === "LIST" ? listed : id();
  };
});
afterEach(async () => stage.stop());

const heartbeatMs = 1_000;
const answerTimeoutMs = 2_000;
const stallMs = heartbeatMs + answerTimeoutMs;
const start = async (): Promise<RotatingConnection<FakeRedis>> => stage.start({ heartbeatMs, answerTimeoutMs });
/** What other connections asked the server. */
const asked = (): string[][] => stage.server.made.slice(1).flatMap(({ commands }) => commands);
const denied = async (): Promise<never> => Promise.reject(new Error("NOPERM this user has no permissions"));
const stalled = { secretId: "a", error: { code: "connection-stalled", context: { secret: "a", answerTimeoutMs } } };

test("a connection on which the server no longer answers is reported and cut, and the client stays open", async () => {
  const { redis } = await start();
  const errors: unknown[] = [];
  redis.on("error", (error) => errors.push(error));
  await after(stallMs - 1);
  expect([redis.isReady, stage.codes()]).toEqual([true, []]);
  await after(1);
  expect([redis.isReady, redis.isOpen]).toEqual([false, true]);
  expect(errors).toMatchObject([{ cause: stalled.error }]);
  expect(stage.told).toMatchObject([stalled, { error: { code: "connection-lost" } }]);
  expect(asked()).toEqual([["CLIENT", "LIST", "ID", "7"]]);
});

test("a connection on which a command blocks is left alone", async () => {
  listed = Promise.resolve("id=7 flags=b db=0");
  const { redis } = await start();
  await after(stallMs);
  expect(asked()).toHaveLength(1);
  expect([redis.isReady, stage.codes()]).toEqual([true, []]);
});

test("a connection without a known id is cut without a question", async () => {
  id = denied;
  const { redis } = await start();
  await after(stallMs);
  expect([redis.isReady, asked(), stage.codes()]).toEqual([false, [], ["connection-stalled", "connection-lost"]]);
});

test("the id of a connection before is not asked about", async () => {
  const { redis } = await start();
  redis.lose(new Error("cut"));
  id = denied;
  await redis.attempt();
  await after(stallMs);
  expect([redis.isReady, asked()]).toEqual([false, []]);
});

test.each([
  ["ends", async (connection: RotatingConnection<FakeRedis>) => void connection.end()],
  ["is lost", async ({ redis }: RotatingConnection<FakeRedis>) => redis.lose(new Error("cut"))],
  [
    "is made again",
    async ({ redis }: RotatingConnection<FakeRedis>) => {
      redis.lose(new Error("cut"));
      id = () => 8;
      await redis.attempt();
    },
  ],
])("a connection that %s while the server is asked about it is neither reported nor cut", async (_, happen) => {
  const list = Promise.withResolvers<string>();
  const closing = Promise.withResolvers<void>();
  [listed, stage.server.closing] = [list.promise, closing.promise];
  const connection = await start();
  await after(stallMs);
  expect(asked()).toHaveLength(1);
  await happen(connection);
  const { isReady } = connection.redis;
  list.resolve("id=7 flags=N db=0");
  await after(0);
  expect([connection.redis.isReady, stage.codes().includes("connection-stalled")]).toEqual([isReady, false]);
  closing.resolve();
});

test("an answer acknowledges a version that became current after its login", async () => {
  pong = Promise.resolve("PONG");
  stage.server.wrong.add("one");
  const pending = stage.client.secrets.putPending("a", redisLogin("two"));
  const { redis } = await start();
  stage.client.secrets.promote("a");
  await stage.client.refresh("a");
  expect(stage.acknowledged).toEqual([]);
  await after(heartbeatMs);
  expect([redis.sent("PING"), stage.acknowledged]).toEqual([[["PING"]], [pending]]);
});
