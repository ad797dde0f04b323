import { isDeepStrictEqual } from "node:util";
import { isMembers } from "../../shared/answers/members.ts";

type Matcher = (expected: unknown, actual: unknown) => string | undefined;

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 160) ?? "nothing";
const differs = (expected: unknown, actual: unknown): string => `expected ${show(expected)}, got ${show(actual)}`;
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const namesOf = (value: unknown): readonly unknown[] =>
  asList(value).map((item) => (isMembers(item) ? item["Name"] : item));
const check = (holds: boolean, expected: unknown, actual: unknown): string | undefined =>
  holds ? undefined : differs(expected, actual);
const sorted = (list: readonly unknown[]): readonly unknown[] => [...list].map((item) => JSON.stringify(item)).sort();

const operators: Readonly<Record<string, Matcher>> = {
  $regex: (expected, actual) => check(new RegExp(String(expected)).test(String(actual)), expected, actual),
  $set: (expected, actual) => {
    const items = asList(actual);
    const all = asList(expected).every((one) => items.some((item) => differenceOf(one, item) === undefined));
    return check(all && items.length === asList(expected).length, expected, actual);
  },
  $exact: (expected, actual) =>
    isMembers(expected) && isMembers(actual) && Object.keys(actual).length !== Object.keys(expected).length
      ? differs(expected, actual)
      : differenceOf(expected, actual),
  $contains: (expected, actual) =>
    typeof actual === "string"
      ? check(actual.includes(String(expected)), expected, actual)
      : check(
          asList(actual).some((item) => differenceOf(expected, item) === undefined),
          expected,
          actual,
        ),
  $len: (expected, actual) =>
    check((typeof actual === "string" ? actual : asList(actual)).length === expected, expected, actual),
  $in: (expected, actual) => check(asList(expected).includes(actual), expected, actual),
  $not: (expected, actual) => check(differenceOf(expected, actual) !== undefined, { $not: expected }, actual),
  $json: (expected, actual) =>
    differenceOf(
      typeof expected === "string" ? JSON.parse(expected) : expected,
      typeof actual === "string" ? JSON.parse(actual) : undefined,
    ),
  $days_from_now: (expected, actual) => {
    const days = (Number(actual) - Date.now() / 1000) / 86_400;
    return check(Math.abs(days - Number(expected)) <= 0.05, expected, days);
  },
  $names: (expected, actual) =>
    check(isDeepStrictEqual(sorted(asList(expected)), sorted(namesOf(actual))), expected, namesOf(actual)),
  $names_contain: (expected, actual) =>
    check(
      asList(expected).every((name) => namesOf(actual).includes(name)),
      expected,
      namesOf(actual),
    ),
  $names_lack: (expected, actual) =>
    check(!asList(expected).some((name) => namesOf(actual).includes(name)), expected, namesOf(actual)),
  $ordered_names: (expected, actual) => check(isDeepStrictEqual(expected, namesOf(actual)), expected, namesOf(actual)),
};

/** What keeps `actual` from matching, or `undefined`: objects may have more members, lists must be equal in order. */
export function differenceOf(expected: unknown, actual: unknown): string | undefined {
  if (expected === "@number") return check(typeof actual === "number", expected, actual);
  if (expected === "@string") return check(typeof actual === "string" && actual !== "", expected, actual);
  if (expected === "@absent") return check(actual === undefined, expected, actual);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return differs(expected, actual);
    return expected.map((item, index) => differenceOf(item, actual[index])).find((problem) => problem !== undefined);
  }
  if (!isMembers(expected)) return check(isDeepStrictEqual(expected, actual), expected, actual);
  for (const [key, value] of Object.entries(expected)) {
    const operator = key.startsWith("$") ? operators[key] : undefined;
    const problem =
      operator === undefined
        ? differenceOf(value, isMembers(actual) ? actual[key] : undefined)
        : operator(value, actual);
    if (problem !== undefined) return operator === undefined ? `${key}: ${problem}` : problem;
  }
  return undefined;
}
