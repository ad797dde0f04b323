import { Cron } from "croner";
import { invalidParameter } from "./input.ts";
import type { RotationRules } from "./secret-record.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const malformed = (): Error => invalidParameter("Invalid ScheduleExpression.");

/** `rate(10 days)`, `rate(4 hours)`: every four hours at the most. */
function rateMs(expression: string): number | undefined {
  const match = /^rate\((\d+) (hours?|days?)\)$/.exec(expression);
  if (match === null) return undefined;
  const everyMs = Number(match[1]) * (match[2]?.startsWith("hour") === true ? hourMs : dayMs);
  if (everyMs < 4 * hourMs || everyMs > 1000 * dayMs) throw malformed();
  return everyMs;
}

/** AWS writes `/8` for `0/8` and counts days of the week from 1. */
function field(text: string, last: number): string {
  return text
    .replace(/^\//, `0/`)
    .replace(/^(\d+)\/(\d+)$/, `$1-${last}/$2`)
    .replace("?", "*");
}

const fromSunday = (text: string): string =>
  text.replace(/(^|[,-])([1-7])(?=$|[,#L-])/g, (_whole, before: string, day: string) => `${before}${Number(day) - 1}`);

/** `cron(minute hour day-of-month month day-of-week year)`, all UTC: minute 0, year `*`, one of the days `?`. */
function cronOf(expression: string): Cron {
  const parts = /^cron\((.+)\)$/.exec(expression)?.[1]?.split(/\s+/) ?? [];
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = parts;
  if (parts.length !== 6 || minute !== "0" || year !== "*" || (dayOfMonth === "?") === (dayOfWeek === "?"))
    throw malformed();
  const pattern = [
    "0",
    field(hour ?? "", 23),
    field(dayOfMonth ?? "", 31),
    field(month ?? "", 12),
    fromSunday(field(dayOfWeek ?? "", 6)),
  ];
  try {
    return new Cron(pattern.join(" "), { timezone: "UTC", paused: true });
  } catch {
    throw malformed();
  }
}

/** Errors: InvalidParameterException for rules that are neither days nor a schedule, or out of their limits. */
export function checkRules(rules: RotationRules): RotationRules {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules;
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  }
  if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > 1000)) {
    throw invalidParameter("AutomaticallyAfterDays must be from 1 to 1000.");
  }
  if (expression !== undefined && rateMs(expression) === undefined) cronOf(expression);
  if (duration !== undefined && !/^([1-9]|1\d|2[0-4])h$/.test(duration)) throw invalidParameter("Invalid Duration.");
  return rules;
}

const endOfUtcDay = (ms: number): number => Math.floor(ms / dayMs) * dayMs + dayMs - 1000;

/** By when the next rotation happens; `undefined` without rules. A date in days is the end of that UTC day. */
export function nextRotationMs(rules: RotationRules | undefined, lastMs: number): number | undefined {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression } = rules ?? {};
  if (days !== undefined) return lastMs + days * dayMs;
  if (expression === undefined) return undefined;
  const everyMs = rateMs(expression);
  if (everyMs !== undefined) return everyMs % dayMs === 0 ? endOfUtcDay(lastMs + everyMs) : lastMs + everyMs;
  return cronOf(expression).nextRun(new Date(lastMs))?.getTime();
}
