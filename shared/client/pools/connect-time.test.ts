import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ConnectTime, connectTime } from "./connect-time.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const never = async (): Promise<never> => new Promise(() => undefined);
const late = new Error("timeout of the driver");
const made = (limitMs: number | undefined, lateError: (() => Error) | undefined = () => late): ConnectTime =>
  connectTime({ secretId: "a", limitMs, lateError });
const secretIsLate = {
  code: "time-budget-spent",
  context: { secret: "a", operation: "read the secret", timeoutMs: 1_000 },
  hint: expect.stringContaining("its read goes on"),
};
/** When the work ended, and how. */
function watch(work: Promise<unknown>): { readonly end: () => unknown } {
  let end: unknown;
  work.then(
    (value) => (end = value),
    (error: unknown) => (end = error),
  );
  return { end: () => end };
}
const after = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
const ways: readonly (readonly [string, (time: ConnectTime, work: Promise<unknown>) => Promise<unknown>])[] = [
  ["the secret", async (time, work) => time.forSecret(work)],
  ["another caller's search", async (time, work) => time.forSearch(work, () => true)],
  ["the server", async (time, work) => time.forServer(work)],
];

test.each(ways)("without a limit %s is waited for without end", async (_, wait) => {
  for (const limitMs of [undefined, 0]) {
    const time = made(limitMs);
    const { end } = watch(wait(time, never()));
    await after(86_400_000);
    expect([end(), time.signal.aborted, vi.getTimerCount()]).toEqual([undefined, false, 0]);
  }
});

test.each(ways)("what comes of %s in time is given, and leaves no timer", async (_, wait) => {
  const time = made(1_000);
  expect(await wait(time, Promise.resolve("it"))).toBe("it");
  await expect(wait(time, Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  expect([time.signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
});

test("a secret that is not read in time ends the call", async () => {
  const time = made(1_000);
  const { end } = watch(time.forSecret(never()));
  await after(999);
  expect([end(), time.signal.aborted]).toEqual([undefined, false]);
  await after(1);
  expect(end()).toMatchObject(secretIsLate);
  expect(time.signal.aborted).toBe(true);
});

test("a server that does not answer ends it, a moment after the driver could say so itself", async () => {
  const { end } = watch(made(1_000).forServer(never()));
  await after(1_049);
  expect(end()).toBeUndefined();
  await after(1);
  expect(end()).toBe(late);
});

test("a driver that limits the time for the server is left to it", async () => {
  const { end } = watch(connectTime({ secretId: "a", limitMs: 1_000, lateError: undefined }).forServer(never()));
  await after(86_400_000);
  expect(end()).toBeUndefined();
});

test("the time that was waited for the secret is missing for the server", async () => {
  const time = made(1_000);
  await after(5_000);
  const reading = time.forSecret(new Promise((resolve) => setTimeout(resolve, 600)));
  await after(600);
  await reading;
  const { end } = watch(time.forServer(never()));
  await after(399);
  expect(end()).toBeUndefined();
  await after(1);
  expect(end()).toBe(late);
});

test.each([
  [49, 1_001],
  [50, 950],
])("after %d ms for the secret the server has %d: the driver speaks first only early", async (readMs, leftMs) => {
  const time = made(1_000);
  const reading = time.forSecret(new Promise((resolve) => setTimeout(resolve, readMs)));
  await after(readMs);
  await reading;
  const { end } = watch(time.forServer(never()));
  await after(leftMs - 1);
  expect(end()).toBeUndefined();
  await after(1);
  expect(end()).toBe(late);
});

test("once the time is over nothing more is waited for", async () => {
  const time = made(1_000);
  const first = watch(time.forSecret(never()));
  await after(1_500);
  const second = watch(time.forSecret(never()));
  await after(1);
  expect([first.end(), second.end()]).toMatchObject([secretIsLate, secretIsLate]);
});

test.each([
  ["reads the secret", true, secretIsLate],
  ["waits for the server", false, late],
])("another caller that %s for too long ends the call with that", async (_, isReading, expected) => {
  const { end } = watch(made(1_000).forSearch(never(), () => isReading));
  await after(1_049);
  expect(end()).toBeUndefined();
  await after(1);
  expect(end()).toMatchObject(expected);
});

test("a driver without an error of its own for that has the secret's", async () => {
  const { end } = watch(
    connectTime({ secretId: "a", limitMs: 1_000, lateError: undefined }).forSearch(never(), () => false),
  );
  await after(1_050);
  expect(end()).toMatchObject(secretIsLate);
});
