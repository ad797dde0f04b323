import { expect, onTestFinished, test } from "vitest";
import { manualClock } from "../../testing/manual-clock.ts";
import { processBudget, requestBudget } from "./request-budget.ts";

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

test.each([
  { requestsPerSecond: 0, burst: 1 },
  { requestsPerSecond: -1, burst: 1 },
  { requestsPerSecond: Number.NaN, burst: 1 },
  { requestsPerSecond: 1, burst: 0.9 },
  { requestsPerSecond: 1, burst: Number.NaN },
])("a budget that lets nothing through is refused: %o", (options) => {
  expect(() => requestBudget({ ...options, whenSpent: "wait" })).toThrow(
    expect.objectContaining({ code: "option-invalid", context: { option: "budget" } }),
  );
});

test("what is left is counted in whole requests, grows with the time, and never beyond the burst", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 3, whenSpent: "wait" }, clock);
  for (let index = 0; index < 3; index++) await budget.take(0, signal);
  expect(budget.requestsLeft).toBe(0);
  void budget.take(1_000, signal);
  expect(budget.requestsLeft).toBe(0);
  clock.freeze(299);
  expect(budget.requestsLeft).toBe(1);
  clock.freeze(1);
  expect(budget.requestsLeft).toBe(2);
  clock.freeze(60_000);
  expect(budget.requestsLeft).toBe(3);
});

test("a refusal names the budget, and takes nothing from it", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 1, whenSpent: "refuse" }, clock);
  expect(await outcome(budget.take(0, signal))).toBe("taken");
  for (let index = 0; index < 2; index++)
    expect(await outcome(budget.take(0, signal))).toMatchObject({
      context: { requestsPerSecond: 10, burst: 1 },
      retryAfterMs: 100,
    });
});

test("one may wait exactly as long as one's request may take", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 1, whenSpent: "wait" }, clock);
  await budget.take(0, signal);
  const taking = outcome(budget.take(100, signal));
  await clock.advance(100);
  expect(await taking).toBe("taken");
});

test("the rate falls to a sixty-fourth at most, comes back step by step, and never exceeds what was given", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1, whenSpent: "refuse" }, clock);
  const waitMs = async (): Promise<unknown> =>
    Reflect.get(Object(await outcome(budget.take(0, signal))), "retryAfterMs");
  await budget.take(0, signal);
  for (let index = 0; index < 10; index++) budget.throttled();
  expect(await waitMs()).toBe(64);
  budget.succeeded();
  expect(await waitMs()).toBe(61);
  for (let index = 0; index < 200; index++) budget.succeeded();
  expect(await waitMs()).toBe(1);
});

test("time that passed before a change of the rate counts by the rate before it", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 10, burst: 10, whenSpent: "wait" }, clock);
  for (let index = 0; index < 10; index++) await budget.take(0, signal);
  clock.freeze(400);
  budget.throttled();
  expect(budget.requestsLeft).toBe(4);
  clock.freeze(400);
  for (let index = 0; index < 20; index++) budget.succeeded();
  expect(budget.requestsLeft).toBe(6);
});

test("all clients of a process share one budget, whichever copy of the package they are of", async () => {
  // The process's budget is that of other tests, too.
  const place = Symbol.for("rekey.process-budget");
  const others: unknown = Reflect.get(globalThis, place);
  Reflect.deleteProperty(globalThis, place);
  onTestFinished(() => void Reflect.set(globalThis, place, others));
  const budget = processBudget();
  expect(processBudget()).toBe(budget);
  expect(Reflect.get(globalThis, place)).toBe(budget);
  expect(budget.requestsLeft).toBe(200);
  for (let index = 0; index < 200; index++) await budget.take(0, signal);
  expect(await outcome(budget.take(0, signal))).toMatchObject({ context: { requestsPerSecond: 100, burst: 200 } });
  expect(await outcome(budget.take(10, AbortSignal.abort()))).toMatchObject({ name: "AbortError" });
});
