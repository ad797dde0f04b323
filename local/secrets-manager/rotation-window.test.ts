import fc from "fast-check";
import { expect, test } from "vitest";
import { isSchedule, nextWindow } from "./rotation-window.ts";
import type { RotationRules } from "./secret.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const at = (iso: string): number => Date.parse(`${iso}:00Z`);
const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

test.each<[RotationRules, string, string, string]>([
  [{ AutomaticallyAfterDays: 30 }, "2026-11-24T15:30", "2026-12-24T00:00", "2026-12-25T00:00"],
  [{ ScheduleExpression: "rate(10 days)" }, "2026-11-24T15:30", "2026-12-04T00:00", "2026-12-05T00:00"],
  [{ ScheduleExpression: "rate(1 day)", Duration: "3h" }, "2026-11-24T00:00", "2026-11-25T00:00", "2026-11-25T03:00"],
  [{ ScheduleExpression: "rate(4 hours)" }, "2026-11-24T15:30", "2026-11-24T16:00", "2026-11-24T17:00"],
  [
    { ScheduleExpression: "rate(12 hours)", Duration: "12h" },
    "2026-11-24T12:00",
    "2026-11-25T00:00",
    "2026-11-25T12:00",
  ],
  [{ ScheduleExpression: "rate(36 hours)" }, "2026-11-24T15:30", "2026-11-25T12:00", "2026-11-25T13:00"],
  [{ ScheduleExpression: "cron(0 /8 * * ? *)" }, "2026-11-24T15:30", "2026-11-24T16:00", "2026-11-24T17:00"],
  [{ ScheduleExpression: "cron(0 10 * * ? *)" }, "2026-11-24T15:30", "2026-11-25T10:00", "2026-11-26T00:00"],
  [
    { ScheduleExpression: "cron(0 10 * * ? *)", Duration: "2h" },
    "2026-11-24T09:30",
    "2026-11-24T10:00",
    "2026-11-24T12:00",
  ],
])("%j after %s opens at %s and closes at %s", (rules, after, opens, closes) => {
  expect(isSchedule(rules)).toBe(true);
  const window = nextWindow(rules, at(after));
  expect([minute(window?.opensMs ?? 0), minute(window?.closesMs ?? 0)]).toEqual([opens, closes]);
});

test.each<[string, RotationRules]>([
  ["more often than every four hours", { ScheduleExpression: "rate(3 hours)" }],
  ["a cron more often than every four hours", { ScheduleExpression: "cron(0 /3 * * ? *)" }],
  ["no days", { ScheduleExpression: "rate(0 days)" }],
  ["more than 1000 days", { ScheduleExpression: "rate(1001 days)" }],
  ["another unit", { ScheduleExpression: "rate(2 weeks)" }],
  ["a date that never comes", { ScheduleExpression: "cron(0 0 31 2 ? *)" }],
  ["words", { ScheduleExpression: "every day" }],
  ["a window without a schedule", { Duration: "3h" }],
  ["a window of no hours", { AutomaticallyAfterDays: 1, Duration: "0h" }],
  ["a window longer than the day", { AutomaticallyAfterDays: 1, Duration: "25h" }],
  ["a window past the end of the day", { ScheduleExpression: "cron(0 20 * * ? *)", Duration: "5h" }],
  ["a window into the next one", { ScheduleExpression: "rate(4 hours)", Duration: "5h" }],
  ["a cron's window into the next one", { ScheduleExpression: "cron(0 /8 * * ? *)", Duration: "9h" }],
])("refuses %s: %j", (_what, rules) => {
  expect(isSchedule(rules)).toBe(false);
});

const rules: fc.Arbitrary<RotationRules> = fc
  .oneof(
    fc.integer({ min: 1, max: 1000 }).map((days): RotationRules => ({ AutomaticallyAfterDays: days })),
    fc.integer({ min: 1, max: 1000 }).map((days): RotationRules => ({ ScheduleExpression: `rate(${days} days)` })),
    fc.integer({ min: 4, max: 999 }).map((hours): RotationRules => ({ ScheduleExpression: `rate(${hours} hours)` })),
    fc.integer({ min: 4, max: 23 }).map((step): RotationRules => ({ ScheduleExpression: `cron(0 /${step} * * ? *)` })),
    fc.integer({ min: 0, max: 23 }).map((hour): RotationRules => ({ ScheduleExpression: `cron(0 ${hour} L * ? *)` })),
  )
  .chain((schedule) =>
    fc
      .option(fc.integer({ min: 1, max: 24 }), { nil: undefined })
      .map((hours) => (hours === undefined ? schedule : { ...schedule, Duration: `${hours}h` })),
  )
  .filter(isSchedule);
const anyTime = fc.integer({ min: at("2020-01-01T00:00"), max: at("2090-01-01T00:00") });

test("a window opens on a full hour after the last rotation, and closes within its UTC day before the next one opens", () => {
  fc.assert(
    fc.property(rules, anyTime, (schedule, afterMs) => {
      const { opensMs, closesMs } = nextWindow(schedule, afterMs) ?? { opensMs: 0, closesMs: 0 };
      const following = nextWindow(schedule, opensMs);
      expect(opensMs).toBeGreaterThan(afterMs);
      expect(opensMs % hourMs).toBe(0);
      expect(closesMs).toBeGreaterThan(opensMs);
      expect(Math.floor((closesMs - 1) / dayMs)).toBe(Math.floor(opensMs / dayMs));
      expect(following?.opensMs).toBeGreaterThanOrEqual(closesMs);
    }),
  );
});

test("a rate in days opens a window exactly so many UTC days later", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), anyTime, (days, afterMs) => {
      const window = nextWindow({ ScheduleExpression: `rate(${days} ${days === 1 ? "day" : "days"})` }, afterMs);
      expect((window?.opensMs ?? 0) / dayMs).toBe(Math.floor(afterMs / dayMs) + days);
    }),
  );
});
