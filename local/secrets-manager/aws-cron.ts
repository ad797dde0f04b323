const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const dayMs = 24 * 3_600_000;
/** From one 29 February to the next it is eight years at most. */
const furthestDays = 8 * 366;

/** A UTC day; `dayOfWeek` is 1 for Sunday. */
interface Day {
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfWeek: number;
  readonly daysInMonth: number;
}
type DayRule = (day: Day) => boolean;

export interface AwsCron {
  /** The hours of the day at which it opens, ascending. */
  readonly hours: readonly number[];
  /** Whether the hours are given by a step, such as `/8`. */
  readonly hourly: boolean;
  /** The first opening after `afterMs`, since the Unix epoch; `undefined` for a date that never comes. */
  next(afterMs: number): number | undefined;
}

function numberOf(text: string, names: readonly string[], from: number, to: number): number | undefined {
  const named = names.indexOf(text);
  const value = named >= 0 ? named + 1 : /^\d{1,2}$/u.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

/** One item of a list as numbers: `*`, `5`, `MON-FRI`, and where steps are allowed `2/10` or `/10`. */
function numbersOf(
  item: string,
  from: number,
  to: number,
  { names = [], steps }: { readonly names?: readonly string[]; readonly steps: boolean },
): readonly number[] | undefined {
  const [base = "", step, ...more] = item.split("/");
  if (more.length > 0 || (step !== undefined && (!steps || !/^[1-9]\d?$/u.test(step)))) return undefined;
  const [first = "", last, ...rest] = base.split("-");
  if (rest.length > 0) return undefined;
  const whole = base === "*" || (base === "" && step !== undefined);
  const start = whole ? from : numberOf(first, names, from, to);
  const end = whole || (last === undefined && step !== undefined) ? to : numberOf(last ?? first, names, from, to);
  if (start === undefined || end === undefined || start > end) return undefined;
  const by = Number(step ?? 1);
  return Array.from({ length: Math.floor((end - start) / by) + 1 }, (_, index) => start + index * by);
}

const isLastWeekday =
  (weekday: number): DayRule =>
  ({ dayOfWeek, dayOfMonth, daysInMonth }) =>
    dayOfWeek === weekday && dayOfMonth + 7 > daysInMonth;

/** `SUNL`, `1L`: the last Sunday of the month. */
function lastWeekday(item: string): DayRule | undefined {
  const weekday = item.length > 1 && item.endsWith("L") ? numberOf(item.slice(0, -1), dayNames, 1, 7) : undefined;
  return weekday === undefined ? undefined : isLastWeekday(weekday);
}

function dayOfMonthRule(item: string): DayRule | undefined {
  if (item === "L") return ({ dayOfMonth, daysInMonth }) => dayOfMonth === daysInMonth;
  const days = numbersOf(item, 1, 31, { steps: true });
  return days === undefined ? lastWeekday(item) : ({ dayOfMonth }) => days.includes(dayOfMonth);
}

function dayOfWeekRule(item: string): DayRule | undefined {
  const [day = "", nth] = item.split("#");
  if (nth !== undefined) {
    const weekday = numberOf(day, dayNames, 1, 7);
    if (weekday === undefined || !/^[1-5]$/u.test(nth)) return undefined;
    return ({ dayOfWeek, dayOfMonth }) => dayOfWeek === weekday && Math.ceil(dayOfMonth / 7) === Number(nth);
  }
  const days = numbersOf(item, 1, 7, { names: dayNames, steps: false });
  return days === undefined ? lastWeekday(item) : ({ dayOfWeek }) => days.includes(dayOfWeek);
}

/** Any of a comma-separated list. */
function anyOf(field: string, rule: (item: string) => DayRule | undefined): DayRule | undefined {
  const rules = field.split(",").map(rule);
  if (rules.includes(undefined)) return undefined;
  return (day) => rules.some((holds) => holds?.(day));
}

function dayAt(ms: number): Day {
  const date = new Date(ms);
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return {
    month: date.getUTCMonth() + 1,
    dayOfMonth: date.getUTCDate(),
    dayOfWeek: date.getUTCDay() + 1,
    daysInMonth,
  };
}

/**
 * Secrets Manager's `cron(minutes hours day-of-month month day-of-week year)`, in UTC: the minutes are `0`, the year is
 * `*`, and one of the two day fields is `?`. An hour is one number or a step, which starts anew every day. `undefined` for
 * anything else. Source: the user guide's page on schedule expressions.
 */
export function parseAwsCron(expression: string): AwsCron | undefined {
  const fields = /^cron\((.*)\)$/u.exec(expression)?.[1]?.trim().split(/\s+/u) ?? [];
  const [minutes, hourField = "", dayOfMonth = "", monthField = "", dayOfWeek = "", year] = fields;
  if (fields.length !== 6 || minutes !== "0" || year !== "*") return undefined;
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) return undefined;

  const hourly = hourField.includes("/");
  const hours = hourly || /^\d+$/u.test(hourField) ? numbersOf(hourField, 0, 23, { steps: true }) : undefined;
  const inMonth = anyOf(monthField, (item) => {
    const months = numbersOf(item, 1, 12, { names: monthNames, steps: true });
    return months === undefined ? undefined : ({ month }) => months.includes(month);
  });
  const onDay = dayOfWeek === "?" ? anyOf(dayOfMonth, dayOfMonthRule) : anyOf(dayOfWeek, dayOfWeekRule);
  if (hours === undefined || inMonth === undefined || onDay === undefined) return undefined;

  return {
    hours,
    hourly,
    next(afterMs) {
      const todayMs = Math.floor(afterMs / dayMs) * dayMs;
      for (let ahead = 0; ahead <= furthestDays; ahead++) {
        const midnightMs = todayMs + ahead * dayMs;
        const day = dayAt(midnightMs);
        if (!inMonth(day) || !onDay(day)) continue;
        const opening = hours.map((hour) => midnightMs + hour * 3_600_000).find((ms) => ms > afterMs);
        if (opening !== undefined) return opening;
      }
      return undefined;
    },
  };
}
