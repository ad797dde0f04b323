import { expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { manualClock } from "../../testing/manual-clock.ts";
import { requestBudget } from "./request-budget.ts";
import { frozenMs, createRequest } from "./bounded-request.ts";
import { createSecretClient } from "../secret-client.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";
import { settled } from "../../../tests/support/settled.ts";

const timeoutMs = 3_000;
const never = new AbortController().signal;
const made = () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
  return { clock, budget, request: createRequest({ clock, budget, random: () => 0.5, timeoutMs }) };
};

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
  const failed = settled(request("a", async () => new Promise(() => undefined), never));
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
  expect(await settled(failed)).toMatchObject({ code: "store-rejected", context: { secret: "a" } });
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
    settled(request("a", async () => Promise.reject(thrown as Error), AbortSignal.abort()));
  expect(await told(new Error("canary"))).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
  const { clock, request: ask } = made();
  const failed = settled(ask("a", async () => Promise.reject(new TypeError("canary")), never));
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

test.each([
  ["is made again after a pause that grows", "store-unavailable", [0, 100, 300]],
  ["that is throttled is made again, too", "vault-throttled", [0, 100, 300]],
  ["that is refused is not made again", "store-rejected", [0]],
] as const)("a request %s", async (_, code, askedAtMs) => {
  const { clock, request } = made();
  const start = clock.nowMs();
  const asked: number[] = [];
  const failed = settled(
    request(
      "a",
      async () => {
        asked.push(clock.nowMs() - start);
        throw new RekeyError(code);
      },
      never,
    ),
  );
  await clock.advance(10_000);
  expect(await failed).toMatchObject({ code, context: { secret: "a", operation: "read" } });
  expect(asked).toEqual(askedAtMs);
});

test.each([
  ["store-throttled", 1],
  ["vault-throttled", 1],
  ["store-unavailable", 0],
] as const)("%s lowers the rate %i times, and an answer raises it", async (code, times) => {
  const { clock, request, budget } = made();
  const [throttled, succeeded] = [vi.spyOn(budget, "throttled"), vi.spyOn(budget, "succeeded")];
  const work = vi.fn<() => Promise<string>>(async () => "one").mockRejectedValueOnce(new RekeyError(code));
  const answer = request("a", work, never);
  await clock.advance(1_000);
  expect(await answer).toBe("one");
  expect([throttled.mock.calls.length, succeeded.mock.calls.length]).toEqual([times, 1]);
});

test("a request that is given up during its pause ends as closed, and is not made again", async () => {
  const { clock, request } = made();
  const closing = new AbortController();
  let asked = 0;
  const failed = settled(
    request(
      "a",
      async () => {
        asked++;
        throw new RekeyError("store-unavailable");
      },
      closing.signal,
    ),
  );
  await clock.advance(50);
  closing.abort();
  expect(await failed).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
  expect(asked).toBe(1);
});

test("the source is told when its time is over or it is given up, and nothing listens afterwards", async () => {
  const { clock, request } = made();
  const closing = new AbortController();
  const [added, removed] = [
    vi.spyOn(closing.signal, "addEventListener"),
    vi.spyOn(closing.signal, "removeEventListener"),
  ];
  const signals: AbortSignal[] = [];
  const hang = async ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
    signals.push(signal);
    return new Promise(() => undefined);
  };
  const late = settled(request("a", hang, closing.signal));
  await clock.advance(timeoutMs - 1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  await clock.advance(1);
  await late;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([1, 1]);
  expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  const givenUp = settled(request("a", hang, closing.signal));
  await clock.advance(0);
  closing.abort();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  await clock.advance(timeoutMs);
  expect(await givenUp).toMatchObject({ code: "pool-closed" });
});

test("an answer leaves no timer", async () => {
  const { clock, request } = made();
  const sleep = vi.spyOn(clock, "sleep");
  await request("a", async () => "one", never);
  expect(sleep.mock.calls.map(([ms, signal]) => [ms, signal.aborted])).toEqual([[timeoutMs, true]]);
});

test.each([
  [timeoutMs + frozenMs - 1, "old", 1],
  [timeoutMs + frozenMs, "new", 2],
])("an answer after %i ms is the one that counts, or is asked for again", async (ms, expected, times) => {
  const { clock, request } = made();
  let asked = 0;
  const answer = request(
    "a",
    async () => {
      if (++asked > 1) return "new";
      clock.freeze(ms);
      return "old";
    },
    never,
  );
  expect(await answer).toBe(expected);
  expect(asked).toBe(times);
});

test("a request says from when on the process has stood still: once for all that follow a thaw, and never when it is over", async () => {
  const { clock, request } = made();
  const stillness = { fromMs: Number.POSITIVE_INFINITY };
  const start = clock.nowMs();
  const seen: number[] = [];
  const answer = request(
    "a",
    async () => {
      seen.push(stillness.fromMs - start);
      if (seen.length === 1) clock.freeze(10_000);
      return "one";
    },
    never,
    stillness,
  );
  await answer;
  expect(seen).toEqual([timeoutMs + frozenMs, timeoutMs + frozenMs]);
  expect(stillness.fromMs).toBe(Number.POSITIVE_INFINITY);
});

test("a request that is given up while the process stood still is not made again", async () => {
  const { clock, request } = made();
  const closing = new AbortController();
  let asked = 0;
  const failed = request(
    "a",
    async () => {
      asked++;
      clock.freeze(10_000);
      closing.abort();
      return "old";
    },
    closing.signal,
  );
  await settled(failed);
  expect(asked).toBe(1);
});

test("a request waits for its turn in the budget no longer than it may take", async () => {
  const clock = manualClock();
  const budget = requestBudget({ requestsPerSecond: 0.1, burst: 1, whenSpent: "wait" }, clock);
  const request = createRequest({ clock, budget, random: () => 0.5, timeoutMs });
  await request("a", async () => "one", never);
  expect(await settled(request("b", async () => "two", never))).toMatchObject({
    code: "client-quota-exceeded",
    context: { secret: "b", operation: "read" },
    retryAfterMs: 10_000,
  });
});
