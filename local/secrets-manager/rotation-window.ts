import { parseAwsCron } from "./aws-cron.ts";
import type { RotationRules } from "./secret.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hoursPerDay = 24;
const shortestHours = 4;
const longestDays = 1000;

/** When a secret may be rotated, since the Unix epoch. It opens after the time that was asked for. */
export interface RotationWindow {
  readonly opensMs: number;
  /** Exclusive. */
  readonly closesMs: number;
}

interface Schedule {
  /** The first opening after `afterMs`. */
  next(afterMs: number): number | undefined;
  /** How long a window is at the most: it ends with the UTC day and before the next one opens. */
  readonly longestHours: number;
  /** `undefined`: until the end of the UTC day. */
  readonly defaultHours: number | undefined;
}

const midnight = (ms: number): number => Math.floor(ms / dayMs) * dayMs;

const everyDays = (days: number): Schedule => ({
  next: (afterMs) => midnight(afterMs) + days * dayMs,
  longestHours: hoursPerDay,
  defaultHours: undefined,
});

const everyHours = (hours: number): Schedule => ({
  next(afterMs) {
    const startMs = midnight(afterMs);
    const nextMs = startMs + (Math.floor((afterMs - startMs) / (hours * hourMs)) + 1) * hours * hourMs;
    // Openings start anew at midnight, so that a window never runs into the next one.
    return hours < hoursPerDay ? Math.min(nextMs, startMs + dayMs) : nextMs;
  },
  longestHours: Math.min(hours, hoursPerDay),
  defaultHours: 1,
});

function rateOf(expression: string): Schedule | undefined {
  const [, digits = "", unit = ""] = /^rate\((\d{1,5}) (hours?|days?)\)$/u.exec(expression) ?? [];
  const value = Number(digits);
  if (value < 1) return undefined;
  if (unit.startsWith("day")) return value <= longestDays ? everyDays(value) : undefined;
  return value >= shortestHours && value <= longestDays * hoursPerDay ? everyHours(value) : undefined;
}

function cronOf(expression: string): Schedule | undefined {
  const cron = parseAwsCron(expression);
  if (cron === undefined || cron.next(0) === undefined) return undefined;
  const gaps = cron.hours.map((hour, index) => (cron.hours[index + 1] ?? hoursPerDay) - hour);
  // The last opening of a day and the first of the next may be closer, since steps start anew at midnight.
  if (gaps.slice(0, -1).some((gap) => gap < shortestHours)) return undefined;
  return { next: cron.next, longestHours: Math.min(...gaps), defaultHours: cron.hourly ? 1 : undefined };
}

/** `undefined` for an expression that Secrets Manager does not take. */
const scheduleOf = ({ AutomaticallyAfterDays: days, ScheduleExpression: expression }: RotationRules) => {
  if (expression === undefined) return days === undefined ? undefined : everyDays(days);
  return expression.startsWith("rate") ? rateOf(expression) : cronOf(expression);
};

/** Whether the rules make a schedule, and the window's length fits into it. */
export function isSchedule(rules: RotationRules): boolean {
  const schedule = scheduleOf(rules);
  if (schedule === undefined) return false;
  const hours = rules.Duration === undefined ? undefined : Number.parseInt(rules.Duration, 10);
  return hours === undefined || (hours >= 1 && hours <= schedule.longestHours);
}

/**
 * The next window for a secret that was last rotated at `afterMs`. Rates count in whole UTC days, or in hours from
 * midnight of that day. `undefined` without a schedule.
 */
export function nextWindow(rules: RotationRules, afterMs: number): RotationWindow | undefined {
  const schedule = scheduleOf(rules);
  const opensMs = schedule?.next(afterMs);
  if (schedule === undefined || opensMs === undefined) return undefined;
  const hours = rules.Duration === undefined ? schedule.defaultHours : Number.parseInt(rules.Duration, 10);
  const dayEndMs = midnight(opensMs) + dayMs;
  return { opensMs, closesMs: hours === undefined ? dayEndMs : Math.min(opensMs + hours * hourMs, dayEndMs) };
}
