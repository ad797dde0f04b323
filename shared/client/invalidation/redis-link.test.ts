import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { redisHint, redisLink, redisReason, type RedisSubscriber } from "./redis-link.ts";

/** The driver's client without a server. */
class FakeRedis extends EventEmitter {
  isReady = true;
  isOpen = true;
  readonly ping = vi.fn<() => Promise<unknown>>(async () => "PONG");
  readonly connect = vi.fn<() => Promise<unknown>>(async () => undefined);
  readonly destroy = vi.fn<() => void>(() => {
    this.isReady = false;
    this.isOpen = false;
  });
  async subscribe(): Promise<void> {
    throw new Error("not asked for");
  }
  async unsubscribe(): Promise<void> {
    throw new Error("not asked for");
  }
}

let redis: FakeRedis;
const calls = (): number[] => [redis.destroy.mock.calls.length, redis.connect.mock.calls.length];
const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers();
  redis = new FakeRedis();
});
afterEach(() => vi.useRealTimers());

test.each([
  [new Error("NOPERM this user has no permissions"), "NOPERM", "resetchannels"],
  [
    Object.assign(new Error("The client is closed"), { name: "ClientClosedError" }),
    "ClientClosedError",
    "connect the client",
  ],
  [new Error("ERR no"), "Error", "check the server"],
  [Object.assign(new Error("canary"), { code: "ECONNREFUSED" }), "ECONNREFUSED", "falls back to its TTL"],
  ["time-budget-spent", "unknown", "check the server"],
])("of %s the reason is %s, with a next step", (error, reason, hint) => {
  expect(redisReason(error)).toBe(reason);
  expect(redisHint(reason)).toContain(hint);
});

test("a connection that does not answer has a next step of its own", () => {
  expect(redisHint("time-budget-spent")).toContain("does not answer");
});

test("a connection that is closed is not subscribed on, and one that does not say is", () => {
  const link = redisLink(redis);
  expect(() => link.demandOpen()).not.toThrow();
  redis.isOpen = false;
  expect(() => link.demandOpen()).toThrow(expect.objectContaining({ name: "ClientClosedError" }));
  Object.assign(redis, { isOpen: undefined });
  expect(() => link.demandOpen()).not.toThrow();
});

test("a server that answers proves the connection, one that refuses the PING too, and a failure is the caller's", async () => {
  const link = redisLink(redis);
  await link.prove();
  redis.ping.mockRejectedValueOnce(new Error("NOPERM this user has no permissions"));
  await link.prove();
  redis.ping.mockRejectedValueOnce(new Error("LOADING"));
  await expect(link.prove()).rejects.toThrow("LOADING");
  Object.assign(redis, { ping: undefined });
  await link.prove();
});

test("a connection that was up and answers nothing is replaced, once what is left of it has ended", async () => {
  redisLink(redis).revive(1_000);
  expect(calls()).toEqual([1, 0]);
  await after(49);
  expect(calls()).toEqual([1, 0]);
  await after(1);
  expect(calls()).toEqual([1, 1]);
});

test("a replacement that did not come up is tried again, until it has", async () => {
  const link = redisLink(redis);
  redis.connect.mockRejectedValue(new Error("canary"));
  link.revive(1_000);
  await after(50);
  link.revive(1_000);
  await after(0);
  expect(calls()).toEqual([1, 2]);
  redis.emit("ready");
  link.revive(1_000);
  expect(calls()).toEqual([1, 2]);
});

test("a connection that was never up is left to whoever opens it, until it has answered", async () => {
  redis.isReady = false;
  const link = redisLink(redis);
  redis.isReady = true;
  link.revive(1_000);
  expect(calls()).toEqual([0, 0]);
  await link.prove();
  link.revive(1_000);
  expect(calls()).toEqual([1, 0]);
});

test.each([
  ["that tries again by itself is left alone", [], 0],
  ["whose login is not answered is replaced", ["connect"], 1],
  ["whose login failed is left alone", ["connect", "error"], 0],
  ["whose login was answered is left alone", ["connect", "ready"], 0],
])("a connection that went down and %s", async (_, events, destroys) => {
  const link = redisLink(redis);
  redis.isReady = false;
  for (const event of events) redis.emit(event);
  await after(999);
  link.revive(1_000);
  expect(calls()).toEqual([0, 0]);
  await after(1);
  link.revive(1_000);
  expect(redis.destroy).toHaveBeenCalledTimes(destroys);
});

test("a connection that was closed already is replaced all the same", async () => {
  redis.destroy.mockImplementationOnce(() => {
    throw new Error("canary");
  });
  redisLink(redis).revive(1_000);
  await after(50);
  expect(calls()).toEqual([1, 1]);
});

test.each(["destroy", "connect"])("a driver without %s is only watched", (name) => {
  Object.assign(redis, { [name]: undefined });
  expect(() => redisLink(redis as RedisSubscriber).revive(1_000)).not.toThrow();
});

test("a link that is stopped connects no more, and listens to nothing", async () => {
  const link = redisLink(redis);
  link.revive(1_000);
  link.stop();
  await after(50);
  expect(calls()).toEqual([1, 0]);
  expect(["connect", "ready", "error"].map((event) => redis.listenerCount(event))).toEqual([0, 0, 0]);
});
