import { beforeEach, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { type Poll, pollingSource } from "./polling-source.ts";

const pauses = vi.hoisted((): number[] => []);
vi.mock("node:timers/promises", () => ({
  setTimeout: async (ms: number) => void pauses.push(ms),
}));

let told: unknown[];
const sink: InvalidationSink = {
  notice: () => undefined,
  gap: () => void told.push("gap"),
  error: (error) => void told.push(error),
};
const untilAborted = async (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
/** Runs these polls one after the other, and then stops the source. */
async function run(
  polls: readonly Poll[],
  hintFor?: (reason: string) => string | undefined,
): Promise<InvalidationSource> {
  const done = Promise.withResolvers<void>();
  let next = 0;
  const source = pollingSource(
    "test",
    async (given, connected, signal) => {
      const poll = polls[next++];
      if (poll !== undefined) return poll(given, connected, signal);
      done.resolve();
      return untilAborted(signal);
    },
    hintFor,
  );
  const subscription = source.start(sink);
  await done.promise;
  await subscription.stop();
  return source;
}
const fails: Poll = async () => Promise.reject(new TypeError("canary"));
const connects: Poll = async (_sink, connected) => connected();

beforeEach(() => {
  told = [];
  pauses.length = 0;
  vi.spyOn(Math, "random").mockReturnValue(0);
});

test("a source has its name, and reports when it is heard", async () => {
  expect(await run([])).toMatchObject({ name: "test", tellsWhenHeard: true });
});

test("after each failure it waits longer, for half a minute at most, and begins again once it is connected", async () => {
  await run([...Array.from({ length: 10 }, () => fails), connects, fails]);
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000, 100]);
});

test("the pauses of many sources differ", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  await run([fails]);
  expect(pauses).toEqual([150]);
});

test("a failure is reported with its reason and the next step, and one that says so itself as it is", async () => {
  const own = new RekeyError("invalidation-unavailable");
  await run([fails, async () => Promise.reject(own)], (reason) => `look at ${reason}`);
  expect(told).toMatchObject([
    { code: "invalidation-unavailable", context: { source: "test", reason: "TypeError" }, hint: "look at TypeError" },
    {},
  ]);
  expect(told[1]).toBe(own);
});

test("a gap is reported once the source is connected again, and not otherwise", async () => {
  await run([connects, connects]);
  expect(told).toEqual([]);
  await run([fails, fails, connects, connects]);
  expect(told.slice(2)).toEqual(["gap"]);
});

test("a poll that fails when it is stopped is no failure", async () => {
  const source = pollingSource("test", async (_sink, _connected, signal) => {
    await untilAborted(signal);
    throw new TypeError("canary");
  });
  await source.start(sink).stop();
  expect([told, pauses]).toEqual([[], []]);
});
