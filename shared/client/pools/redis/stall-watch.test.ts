import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stallWatch } from "./stall-watch.ts";
import type { RotatableRedis } from "./supported-client.ts";

let isReady: boolean;
let ready: () => void;
const answered = vi.fn<() => void>();
const stalled = vi.fn<() => void>();
const send = vi.fn<RotatableRedis["sendCommand"]>();
const start = (heartbeatMs = 100) => {
  const redis = {
    get isReady() {
      return isReady;
    },
    sendCommand: send,
    on: (event: string, listener: () => void) => void (event === "ready" && (ready = listener)),
  };
  return stallWatch({ redis: redis as never, heartbeatMs, answerTimeoutMs: 1_000, answered, stalled });
};
const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
const calls = (): number[] => [send, answered, stalled].map(({ mock }) => mock.calls.length);

beforeEach(() => {
  vi.useFakeTimers();
  [isReady, ready] = [true, () => undefined];
  for (const mock of [answered, stalled, send]) mock.mockReset();
  send.mockResolvedValue("PONG");
});
afterEach(() => vi.useRealTimers());

test("the server is asked after each answer, without the driver's own time-out", async () => {
  const watch = start();
  await after(99);
  expect(calls()).toEqual([0, 0, 0]);
  await after(1);
  expect(calls()).toEqual([1, 1, 0]);
  expect(send.mock.calls).toStrictEqual([[["PING"], { timeout: undefined }]]);
  await after(100);
  expect(calls()).toEqual([2, 2, 0]);
  watch.stop();
  expect(vi.getTimerCount()).toBe(0);
  await after(10_000);
  expect(calls()).toEqual([2, 2, 0]);
});

test("without a heartbeat nothing is asked", async () => {
  start(0);
  await after(10_000);
  expect([calls(), vi.getTimerCount()]).toEqual([[0, 0, 0], 0]);
});

test("a PING that is not answered in time is a stall, once", async () => {
  send.mockReturnValue(new Promise(() => undefined));
  start();
  await after(1_099);
  expect(calls()).toEqual([1, 0, 0]);
  await after(1);
  expect(calls()).toEqual([1, 0, 1]);
  await after(10_000);
  expect(calls()).toEqual([1, 0, 1]);
});

test("a reply that refuses the PING is an answer", async () => {
  send.mockRejectedValueOnce(new Error("NOPERM this user has no permissions"));
  start();
  await after(100);
  expect(calls()).toEqual([1, 1, 0]);
});

test("a PING that could not be written is tried again after half a second", async () => {
  send.mockRejectedValueOnce(new Error("Socket closed"));
  start();
  await after(599);
  expect(calls()).toEqual([1, 0, 0]);
  await after(1);
  expect(calls()).toEqual([2, 1, 0]);
});

test("a connection that is down is neither asked nor stalled, and asked again once it is up", async () => {
  isReady = false;
  start();
  await after(5_000);
  expect(calls()).toEqual([0, 0, 0]);
  isReady = true;
  await after(100);
  expect(calls()).toEqual([1, 1, 0]);
});

test.each([
  ["was made again", () => ready()],
  ["went down", () => (isReady = false)],
])("a connection that %s meanwhile has not stalled, and its answer does not count", async (_, change) => {
  const pong = Promise.withResolvers<unknown>();
  send.mockReturnValueOnce(pong.promise);
  start();
  await after(100);
  change();
  await after(1_000);
  pong.resolve("PONG");
  await after(0);
  expect(calls()).toEqual([1, 0, 0]);
});

test("a watch that is stopped while it asks reports and asks nothing more", async () => {
  const pong = Promise.withResolvers<unknown>();
  send.mockReturnValueOnce(pong.promise);
  const { stop } = start();
  await after(100);
  stop();
  await after(10_000);
  pong.resolve("PONG");
  await after(0);
  expect([calls(), vi.getTimerCount()]).toEqual([[1, 0, 0], 0]);
});
