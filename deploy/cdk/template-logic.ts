import { Token } from "aws-cdk-lib";
import facts from "./template-facts.json" with { type: "json" };

/** A parameter's value. What CloudFormation knows only when it deploys is a token, which is never empty. */
export type Value = string | number | readonly string[];
export type Values = Readonly<Record<string, Value>>;

interface Declaration {
  readonly list: boolean;
  readonly number: boolean;
  readonly standard?: string | number;
  readonly pattern?: string;
  readonly allowed?: readonly (string | number)[];
  readonly min?: number;
  readonly max?: number;
}
export const declarations: Readonly<Record<string, Declaration>> = facts.parameters;
const conditions: Readonly<Record<string, unknown>> = facts.conditions;
export const conditionNames: readonly string[] = Object.keys(conditions);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function operation(expression: unknown): readonly [string, unknown] | undefined {
  if (typeof expression !== "object" || expression === null || Array.isArray(expression)) return undefined;
  return Object.entries(expression)[0];
}

/** What an operand of a condition is worth. */
function worth(expression: unknown, values: Values): unknown {
  const [name, operand] = operation(expression) ?? [];
  if (name === undefined) return expression;
  if (name === "Ref") return values[String(operand)];
  const [separator, items] = listOf(operand);
  if (name === "Fn::Join") return listOf(worth(items, values)).join(String(separator));
  return holds(expression, values);
}

/** Whether a condition or a rule's assertion of the template holds for the values. */
export function holds(expression: unknown, values: Values): boolean {
  const [name, operand] = operation(expression) ?? ["nothing", undefined];
  const operands = listOf(operand);
  const [first, second] = operands.map((item) => () => worth(item, values));
  switch (name) {
    case "Condition":
      return holds(conditions[String(operand)], values);
    case "Fn::Equals":
      return String(first?.()) === String(second?.());
    case "Fn::Not":
      return !holds(operands[0], values);
    case "Fn::And":
      return operands.every((item) => holds(item, values));
    case "Fn::Or":
      return operands.some((item) => holds(item, values));
    case "Fn::Contains": {
      const item = second?.();
      return Token.isUnresolved(item) || listOf(first?.()).map(String).includes(String(item));
    }
    default:
      throw new TypeError(`the template's logic has ${name}, which the construct does not know`);
  }
}

export const conditionHolds = (name: string, values: Values): boolean => holds({ Condition: name }, values);

function problemOf(item: string | number, { pattern, allowed, min, max }: Declaration): string | undefined {
  if (Token.isUnresolved(item)) return undefined;
  if (allowed !== undefined && !allowed.map(String).includes(String(item)))
    return `must be one of ${allowed.join(", ")}`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(String(item))) return `must match ${pattern}`;
  if (min !== undefined && Number(item) < min) return `must be at least ${min}`;
  return max !== undefined && Number(item) > max ? `must be at most ${max}` : undefined;
}

/** What CloudFormation would refuse in these values: a parameter's own limits, and the template's rules. */
export function problemsOf(values: Values): readonly string[] {
  const ofParameters = Object.entries(declarations).flatMap(([name, declaration]) =>
    listOf(values[name]).flatMap((item) => {
      const problem = problemOf(item as string | number, declaration);
      return problem === undefined ? [] : [`${name}: ${problem}`];
    }),
  );
  const ofRules = facts.rules
    .filter(({ when, assert }) => (when === undefined || holds(when, values)) && !holds(assert, values))
    .map(({ problem }) => problem);
  return [...ofParameters, ...ofRules];
}

/** The longest name that a function has after the stack's. */
export const longestFunctionName = Math.max(...facts.functions.map((name) => name.length));
