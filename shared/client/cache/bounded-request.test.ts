import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { requestBudget } from "./request-budget.ts";
import { createRequest } from "./bounded-request.ts";
import { createSecretClient } from "../secret-client.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";

const timeoutMs = 3_000;
const never = new AbortController().signal;
const made = () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
  return { clock, budget, request: createRequest({ clock, budget, random: () => 0.5, timeoutMs }) };
};
const outcome = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

test("a time-out that comes far too late is no failure: the request is made again at once", async () => {
  const { clock, request } = made();
  let asked = 0;
  const answer = request("a", async () => (++asked === 1 ? new Promise(() => undefined) : "new"), never);
  await clock.advance(100);
  clock.freeze(60_000);
  await clock.advance(0);
  await expect(answer).resolves.toBe("new");
  expect(asked).toBe(2);
});

test("an answer and an error from before the process stood still are asked for again", async () => {
  for (const end of [async () => "old", async () => Promise.reject(new RekeyError("store-rejected"))]) {
    const { clock, request } = made();
    let asked = 0;
    const answer = request(
      "a",
      async () => {
        if (++asked > 1) return "new";
        clock.freeze(10_000);
        return end();
      },
      never,
    );
    await expect(answer).resolves.toBe("new");
    expect(asked).toBe(2);
  }
});

test("a time-out in time is a failure, also when it is a little late", async () => {
  const { clock, request } = made();
  const failed = outcome(request("a", async () => new Promise(() => undefined), never));
  await clock.advance(10);
  clock.freeze(timeoutMs + 300);
  await clock.advance(0);
  expect(await failed).toMatchObject({
    code: "time-budget-spent",
    context: { secret: "a", operation: "read", timeoutMs },
  });
});

test("a process that stands still at each request asks six times, and then says how it ended", async () => {
  const { clock, request } = made();
  let asked = 0;
  const failed = request(
    "a",
    async () => {
      asked++;
      clock.freeze(10_000);
      throw new RekeyError("store-rejected");
    },
    never,
  );
  expect(await outcome(failed)).toMatchObject({ code: "store-rejected", context: { secret: "a" } });
  expect(asked).toBe(6);
});

test("each thaw takes from the budget, as every request", async () => {
  const { clock, request, budget } = made();
  let asked = 0;
  const answer = request(
    "a",
    async () => {
      if (++asked < 3) clock.freeze(4_000);
      return asked;
    },
    never,
  );
  expect(await answer).toBe(3);
  expect(budget.requestsLeft).toBeLessThan(1_000);
});

test("a secret's name is in every error, and what a source throws is told by its name alone", async () => {
  const { request } = made();
  const told = async (thrown: unknown): Promise<unknown> =>
    outcome(request("a", async () => Promise.reject(thrown as Error), AbortSignal.abort()));
  expect(await told(new Error("canary"))).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
  const { clock, request: ask } = made();
  const failed = outcome(ask("a", async () => Promise.reject(new TypeError("canary")), never));
  await clock.advance(10_000);
  expect(await failed).toMatchObject({
    code: "store-unavailable",
    context: { secret: "a", operation: "read", reason: "TypeError" },
  });
});

test("reads that wait while the process stands still for long get what is asked for after it, with no time to be stale in", async () => {
  const clock = manualClock();
  const answers: ((answer: SourceAnswer) => void)[] = [];
  await using client = createSecretClient({
    clock,
    ttlMs: 1_000,
    maxStaleMs: 0,
    requestTimeoutMs: timeoutMs,
    source: { read: async () => new Promise((resolve) => answers.push(resolve)) },
  });
  const versionOf = (versionId: string): SourceAnswer => ({ versionId, value: new SecretValue(versionId) });
  const first = client.get("a");
  await clock.advance(0);
  answers.shift()?.(versionOf("one"));
  await first;
  clock.freeze(1_500);
  const waiting = client.get("a");
  await clock.advance(0);
  clock.freeze(100_000);
  // A read that comes before the timer of the one under way.
  const after = client.get("a");
  await clock.advance(0);
  for (const answer of answers.splice(0)) answer(versionOf("two"));
  await clock.advance(0);
  for (const answer of answers.splice(0)) answer(versionOf("two"));
  expect((await Promise.all([waiting, after])).map(({ versionId }) => versionId)).toEqual(["two", "two"]);
  expect(client.health().failing).toEqual([]);
});
