import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { after, redisLogin, type RedisStage, timedRedisStage } from "../../../../tests/support/redis-stage.ts";
import { settled } from "../../../../tests/support/settled.ts";

let stage: RedisStage;

beforeEach(() => {
  stage = timedRedisStage();
});
afterEach(async () => stage.stop());

const answerIn = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = async (): Promise<never> => new Promise(() => undefined);
const unanswered = { code: "time-budget-spent", context: { secret: "a", timeoutMs: 5_000 } };

test("a first login that the server does not answer in time fails, and is closed", async () => {
  stage.server.answering = never;
  const failed = vi.fn<(error: unknown) => void>();
  stage.start().catch(failed);
  await after(4_999);
  expect([stage.server.made[0]?.isOpen, failed.mock.calls.length]).toEqual([true, 0]);
  await after(1);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining(unanswered));
  expect([stage.server.made[0]?.isOpen, stage.listeners, vi.getTimerCount()]).toEqual([false, 0, 0]);
});

test("each login has the whole time", async () => {
  stage.server.wrong.add("one");
  stage.client.secrets.putPending("a", redisLogin("two"));
  stage.server.answering = async () => answerIn(4_000);
  const starting = stage.start();
  await after(8_000);
  const { redis, refusedLogins } = await starting;
  expect([redis.passwords, refusedLogins, vi.getTimerCount()]).toEqual([["one", "two"], 1, 0]);
});

test("a later login that the server does not answer in time is cut, and the client stays open for the next", async () => {
  const { redis } = await stage.start();
  redis.lose(new Error("cut"));
  stage.server.answering = async (asking) => (asking === redis ? never() : undefined);
  const login = settled(redis.attempt());
  await after(4_999);
  stage.server.answering = () => undefined;
  expect(vi.getTimerCount()).toBe(1);
  await after(1);
  expect(await login).toMatchObject({ cause: unanswered });
  expect(redis.isOpen).toBe(true);
  await redis.attempt();
  expect([redis.isReady, vi.getTimerCount()]).toEqual([true, 0]);
});

test("a duplicate of the client is given the newest login without a time limit, and changes nothing", async () => {
  const connection = await stage.start();
  const { versionId, redis } = connection;
  stage.server.replying = async () => Promise.reject(new Error("Socket closed"));
  await stage.client.rotate("a", redisLogin("two"));
  expect(await redis.options.credentialsProvider.credentials()).toEqual({ username: "u", password: "two" });
  expect([connection.versionId, redis.isReady, vi.getTimerCount()]).toEqual([versionId, true, 0]);
});
