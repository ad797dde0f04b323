import { AwsError, type PolicyStatement } from "./service.ts";

/** A pattern in which `*` stands for any text and `?` for one character, as a regular expression over the whole string. */
export function glob(pattern: string, flags = ""): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/gu, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, `su${flags}`);
}

/** The condition keys of one request, in lower case. */
export type ConditionContext = ReadonlyMap<string, string>;

type Comparison = (actual: string, wanted: string) => boolean;

const asTimeMs = (text: string): number => (/^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text));
const positive: Readonly<Record<string, Comparison>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: (actual, wanted) => glob(wanted).test(actual),
  ArnEquals: (actual, wanted) => glob(wanted).test(actual),
  ArnLike: (actual, wanted) => glob(wanted).test(actual),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (actual, wanted) => Number(actual) === Number(wanted),
  NumericLessThan: (actual, wanted) => Number(actual) < Number(wanted),
  NumericLessThanEquals: (actual, wanted) => Number(actual) <= Number(wanted),
  NumericGreaterThan: (actual, wanted) => Number(actual) > Number(wanted),
  NumericGreaterThanEquals: (actual, wanted) => Number(actual) >= Number(wanted),
  DateLessThan: (actual, wanted) => asTimeMs(actual) < asTimeMs(wanted),
  DateGreaterThan: (actual, wanted) => asTimeMs(actual) > asTimeMs(wanted),
};
const negated: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
};

/** A value with its policy variables, `${key}` or `${key, 'default'}`, filled in; nothing equals one that has no value. */
function withVariables(value: string, context: ConditionContext): readonly string[] {
  let isKnown = true;
  const filled = value.replaceAll(/\$\{([^},]+)(?:,\s*'([^']*)')?\}/gu, (_all, key: string, otherwise?: string) => {
    const known = context.get(key.trim().toLowerCase()) ?? otherwise;
    isKnown &&= known !== undefined;
    return known ?? "";
  });
  return isKnown ? [filled] : [];
}

const values = (wanted: unknown, context: ConditionContext): readonly string[] =>
  (Array.isArray(wanted) ? wanted : [wanted]).flatMap((value) => withVariables(String(value), context));

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  const name = operator.replace(/^For(?:AnyValue|AllValues):/u, "").replace(/IfExists$/u, "");
  if (name === "Null") return wanted.includes(String(actual === undefined));
  const opposite = negated[name];
  const compare = positive[opposite ?? name];
  if (compare === undefined) {
    throw new AwsError("MalformedPolicyDocument", `Condition operator ${operator} is not emulated.`);
  }
  if (actual === undefined) {
    return opposite !== undefined || operator.endsWith("IfExists") || operator.startsWith("ForAllValues:");
  }
  return wanted.some((value) => compare(actual, value)) !== (opposite !== undefined);
}

/** Whether every condition of a statement holds: values of one key are alternatives, keys and operators all count. */
export function conditionsHold(condition: PolicyStatement["Condition"], context: ConditionContext): boolean {
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      holds(operator, context.get(key.toLowerCase()), values(wanted, context)),
    ),
  );
}
