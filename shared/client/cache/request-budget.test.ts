import { expect, test } from "vitest";
import { manualClock } from "../../testing/manual-clock.ts";
import { requestBudget } from "./request-budget.ts";

const signal = new AbortController().signal;
const outcome = async (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => "taken",
    (error: unknown) => error,
  );

test("a strict quota refuses at once and says when to come again", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 2, whenSpent: "refuse" }, clock);
  await budget.take(5_000, signal);
  await budget.take(5_000, signal);
  expect(await outcome(budget.take(5_000, signal))).toMatchObject({
    code: "client-quota-exceeded",
    disposition: "retry",
    retryAfterMs: 100,
  });
  clock.freeze(100);
  expect(await outcome(budget.take(5_000, signal))).toBe("taken");
});

test("a patient one lets each wait for its turn, and refuses whom the wait would be too long", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 1, whenSpent: "wait" }, clock);
  const taken: number[] = [];
  const start = clock.nowMs();
  const takes = Array.from({ length: 4 }, async () =>
    budget.take(1_000, signal).then(() => taken.push(clock.nowMs() - start)),
  );
  await clock.advance(1_000);
  await Promise.all(takes);
  expect(taken).toEqual([0, 100, 200, 300]);
  const patient = requestBudget({ requestsPerSecond: 1, burst: 1, whenSpent: "wait" }, clock);
  await patient.take(0, signal);
  expect(await outcome(patient.take(500, signal))).toMatchObject({
    code: "client-quota-exceeded",
    retryAfterMs: 1_000,
  });
});

test("throttling halves the rate, and what succeeds wins it back", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 1, whenSpent: "refuse" }, clock);
  const waitMs = async (): Promise<unknown> =>
    Reflect.get(Object(await outcome(budget.take(0, signal))), "retryAfterMs");
  await budget.take(0, signal);
  budget.throttled();
  expect(await waitMs()).toBe(200);
  for (let index = 0; index < 20; index++) budget.succeeded();
  expect(await waitMs()).toBe(100);
});
