import { getEventListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { inTime, jittered } from "./in-time.ts";

const never = new AbortController().signal;
const forever = async (): Promise<never> => new Promise(() => undefined);

test("work that settles in time gives what it gives", async () => {
  expect(await inTime(10_000, never, async () => "done")).toBe("done");
  await expect(inTime(10_000, never, async () => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  const throws = (): never => {
    throw new Error("at once");
  };
  await expect(inTime(10_000, never, throws)).rejects.toThrow("at once");
});

test("work that does not settle ends at its deadline, and its signal is aborted", async () => {
  let given: AbortSignal | undefined;
  const work = inTime(20, never, async (signal) => {
    given = signal;
    return forever();
  });
  await expect(work).rejects.toMatchObject({ code: "time-budget-spent", context: { ms: 20 } });
  expect(given?.aborted).toBe(true);
});

test("work ends when the subscription is stopped, and does not begin to wait after that", async () => {
  const stopping = new AbortController();
  const work = inTime(60_000, stopping.signal, forever);
  stopping.abort();
  await expect(work).rejects.toMatchObject({ code: "time-budget-spent" });
  await expect(inTime(60_000, stopping.signal, forever)).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("many waits at once make Node warn of no leak, and leave no listener behind", async () => {
  const warned: string[] = [];
  const listener = ({ name }: Error): void => void warned.push(name);
  process.on("warning", listener);
  const stopping = new AbortController();
  await Promise.all(Array.from({ length: 50 }, async () => inTime(1_000, stopping.signal, async () => delay(1))));
  await delay(10);
  process.off("warning", listener);
  expect(warned).toEqual([]);
  expect(getEventListeners(stopping.signal, "abort")).toEqual([]);
});

test("an answer that came while the process was frozen counts, although its deadline has passed as well", async () => {
  const work = inTime(100, never, async () => delay(150, "the answer"));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  expect(await work).toBe("the answer");
});

test("an interval keeps apart those that have the same one, is never longer than a timer may be, and never none", () => {
  const pauses = Array.from({ length: 100 }, jittered("intervalMs", 1_000));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(800);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1_200);
  expect(new Set(pauses).size).toBeGreaterThan(1);
  expect(jittered("intervalMs", Number.POSITIVE_INFINITY)()).toBeLessThan(2 ** 31);
  for (const wrong of [0, -1, Number.NaN]) expect(() => jittered("intervalMs", wrong)).toThrow("intervalMs");
});
