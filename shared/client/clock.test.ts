import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { manualClock } from "../testing/manual-clock.ts";
import { awaited, type Clock, toSmallInteger, eventLoopClock } from "./clock.ts";

let monotonicMs = 5_000;
let wallMs = 1_700_000_000_000;
let clock: Clock;

beforeEach(() => {
  vi.spyOn(performance, "now").mockImplementation(() => monotonicMs);
  vi.spyOn(Date, "now").mockImplementation(() => wallMs);
  clock = eventLoopClock();
});
afterEach(() => void vi.restoreAllMocks());

const passes = (monotonic: number, wall = monotonic): void => {
  monotonicMs += monotonic;
  wallMs += wall;
};

test("it is looked at once in a turn of the event loop, and again after a thousand reads", async () => {
  const startMs = clock.nowMs();
  passes(50);
  expect(clock.nowMs()).toBe(startMs);
  for (let read = 0; read < 1_000; read++) clock.nowMs();
  expect(clock.nowMs()).toBe(startMs + 50);
  passes(50);
  await nextTurn();
  expect(clock.nowMs()).toBe(startMs + 100);
});

test.each([
  ["a machine that slept, whose monotonic clock stood still, has aged", 0, 60_000, 60_000],
  ["a wall clock that is set back makes nothing younger", 10, -3_600_000, 10],
  ["small corrections of the wall clock do not count", 500, 900, 500],
])("%s", async (_what, monotonic, wall, agedMs) => {
  const startMs = clock.nowMs();
  passes(monotonic, wall);
  await nextTurn();
  expect(clock.nowMs() - startMs).toBe(agedMs);
});

test("numbers stay whole, also those beyond 31 bits", () => {
  expect([1.7, 2 ** 40 + 0.5, -1].map(toSmallInteger)).toEqual([1, 2 ** 40, -1]);
});

test("whoever waits keeps the process alive, and the last one lets it go; a sleep does not", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const waking = new AbortController();
  const asleep = clock.sleep(60_000, waking.signal);
  expect(timers()).toBe(before);
  const [one, other] = [awaited(clock, asleep), awaited(clock, Promise.resolve("done"))];
  expect(timers()).toBe(before + 1);
  await expect(other).resolves.toBe("done");
  expect(timers()).toBe(before + 1);
  waking.abort();
  await expect(one).rejects.toThrow("aborted");
  expect(timers()).toBe(before);
});

test("with a clock that moves by hand nothing is kept alive", async () => {
  const work = Promise.resolve();
  expect(awaited(manualClock(), work)).toBe(work);
});
