import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAwsCron } from "./aws-cron.ts";

const at = (iso: string): number => Date.parse(`${iso}:00Z`);
const next = (expression: string, after: string): string | undefined => {
  const ms = parseAwsCron(expression)?.next(at(after));
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);
};

test.each([
  ["every eight hours", "cron(0 /8 * * ? *)", "2026-11-24T08:00", "2026-11-24T16:00"],
  ["every eight hours from eight on", "cron(0 8/8 * * ? *)", "2026-11-24T16:00", "2026-11-25T08:00"],
  ["steps start anew every day", "cron(0 2/10 * * ? *)", "2026-11-24T22:00", "2026-11-25T02:00"],
  ["every day", "cron(0 10 * * ? *)", "2026-11-24T10:00", "2026-11-25T10:00"],
  ["every Saturday", "cron(0 18 ? * SAT *)", "2026-11-24T00:00", "2026-11-28T18:00"],
  ["every Saturday as a number", "cron(0 18 ? * 7 *)", "2026-11-24T00:00", "2026-11-28T18:00"],
  ["the first of a month", "cron(0 8 1 * ? *)", "2026-11-24T00:00", "2026-12-01T08:00"],
  ["the first Sunday of every third month", "cron(0 1 ? 1/3 SUN#1 *)", "2026-11-24T00:00", "2027-01-03T01:00"],
  ["the last day of a month", "cron(0 17 L * ? *)", "2028-02-01T00:00", "2028-02-29T17:00"],
  ["the last Friday of a month", "cron(0 17 ? * FRIL *)", "2026-11-24T00:00", "2026-11-27T17:00"],
  ["the last Sunday among the days of a month", "cron(0 17 SUNL * ? *)", "2026-11-24T00:00", "2026-11-29T17:00"],
  ["working days", "cron(0 8 ? * MON-FRI *)", "2026-11-27T08:00", "2026-11-30T08:00"],
  ["two days of a month", "cron(0 16 1,15 * ? *)", "2026-11-02T00:00", "2026-11-15T16:00"],
  ["named months", "cron(0 0 1 JAN,JUL ? *)", "2026-11-24T00:00", "2027-01-01T00:00"],
  ["29 February over a century's end", "cron(0 0 29 2 ? *)", "2096-03-01T00:00", "2104-02-29T00:00"],
])("%s: %s", (_what, expression, after, expected) => {
  expect(next(expression, after)).toBe(expected);
});

test("a day that never comes has no next date", () => {
  expect(next("cron(0 0 31 2 ? *)", "2026-01-01T00:00")).toBeUndefined();
});

test.each([
  ["minutes other than 0", "cron(5 8 * * ? *)"],
  ["a year", "cron(0 8 * * ? 2027)"],
  ["both days given", "cron(0 8 1 * MON *)"],
  ["no day given", "cron(0 8 ? * ? *)"],
  ["every hour", "cron(0 * * * ? *)"],
  ["a list of hours", "cron(0 8,16 * * ? *)"],
  ["hour 24", "cron(0 24 * * ? *)"],
  ["day 0", "cron(0 8 0 * ? *)"],
  ["day 32", "cron(0 8 32 * ? *)"],
  ["month 13", "cron(0 8 1 13 ? *)"],
  ["day of the week 8", "cron(0 8 ? * 8 *)"],
  ["a sixth Sunday", "cron(0 8 ? * SUN#6 *)"],
  ["a range that runs backwards", "cron(0 8 ? * FRI-MON *)"],
  ["a step of days of the week", "cron(0 8 ? * 1/2 *)"],
  ["a step of 0", "cron(0 /0 * * ? *)"],
  ["five fields", "cron(0 8 * * ?)"],
  ["an empty list item", "cron(0 8 1, * ? *)"],
  ["no cron at all", "0 8 * * ? *"],
])("refuses %s: %s", (_what, expression) => {
  expect(parseAwsCron(expression)).toBeUndefined();
});

const numbers = (low: number, high: number): fc.Arbitrary<readonly number[]> =>
  fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 });
const anyTime = fc.integer({ min: at("2020-01-01T00:00"), max: at("2060-01-01T00:00") });

/** The plain meaning: the first hour after `afterMs` that the fields hold. */
function firstHour(afterMs: number, holds: (date: Date) => boolean): number {
  let ms = (Math.floor(afterMs / 3_600_000) + 1) * 3_600_000;
  while (!holds(new Date(ms))) ms += 3_600_000;
  return ms;
}

test("the next date is the first hour that all fields hold", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 23 }),
      numbers(1, 12),
      fc.oneof(
        fc.record({ dayOfMonth: numbers(1, 28), dayOfWeek: fc.constant(undefined) }),
        fc.record({ dayOfMonth: fc.constant(undefined), dayOfWeek: numbers(1, 7) }),
      ),
      anyTime,
      (hour, months, { dayOfMonth, dayOfWeek }, afterMs) => {
        const fields = [0, hour, dayOfMonth ?? "?", months, dayOfWeek ?? "?", "*"].join(" ");
        const expected = firstHour(
          afterMs,
          (date) =>
            date.getUTCHours() === hour &&
            months.includes(date.getUTCMonth() + 1) &&
            (dayOfMonth?.includes(date.getUTCDate()) ?? true) &&
            (dayOfWeek?.includes(date.getUTCDay() + 1) ?? true),
        );
        expect(parseAwsCron(`cron(${fields})`)?.next(afterMs)).toBe(expected);
      },
    ),
  );
});

test("a step opens at its first hour and every so many hours until midnight", () => {
  const first = fc.integer({ min: 0, max: 23 });
  fc.assert(
    fc.property(first, fc.integer({ min: 1, max: 23 }), anyTime, (start, step, afterMs) => {
      const expected = firstHour(afterMs, (date) => {
        const since = date.getUTCHours() - start;
        return since >= 0 && since % step === 0;
      });
      expect(parseAwsCron(`cron(0 ${start}/${step} * * ? *)`)?.next(afterMs)).toBe(expected);
    }),
  );
});
