import { isMembers, membersOf } from "../../shared/answers/members.ts";
import { Token } from "aws-cdk-lib";
import type { ParameterDeclaration, RekeyTemplate } from "./read-template.ts";

/** A parameter's value. What CloudFormation knows only when it deploys is a token, which is never empty. */
export type Value = string | number | readonly string[];
export type Values = Readonly<Record<string, Value>>;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** A text with parameters' values in place of their names; tokens become variables of the function. */
function substituted(operand: unknown, values: Values): unknown {
  const [text, variables = {}] = listOf(operand);
  const tokens: Record<string, Value> = {};
  const replaced = String(text).replaceAll(/\$\{(\w+)\}/gu, (all, name: string) => {
    const value = values[name];
    if (value === undefined) return all;
    if (Token.isUnresolved(value)) tokens[name] = value;
    return Token.isUnresolved(value) ? all : String(value);
  });
  const all = { ...membersOf(variables), ...tokens };
  return { "Fn::Sub": Object.keys(all).length === 0 ? replaced : [replaced, all] };
}

/** Decides what a template says for the values of its parameters, so that neither parameters nor conditions are left. */
export class TemplateLogic {
  readonly #template: RekeyTemplate;
  readonly #values: () => Values;

  constructor(template: RekeyTemplate, values: () => Values) {
    this.#template = template;
    this.#values = values;
  }

  /** Whether a condition, or what a rule asserts, holds. */
  holds(expression: unknown): boolean {
    const [name, operand] = isMembers(expression) ? (Object.entries(expression)[0] ?? [""]) : [""];
    const operands = listOf(operand);
    if (name === "Condition") return this.holds(this.#template.Conditions[String(operand)]);
    if (name === "Fn::Equals") return this.#text(operands[0]) === this.#text(operands[1]);
    if (name === "Fn::Not") return !this.holds(operands[0]);
    if (name === "Fn::And") return operands.every((item) => this.holds(item));
    if (name === "Fn::Or") return operands.some((item) => this.holds(item));
    if (name === "Fn::EachMemberEquals") {
      return listOf(this.decide(operands[0])).every((item) => String(item) === this.#text(operands[1]));
    }
    throw new TypeError(`${name} is no function of conditions that the construct knows`);
  }

  #text(expression: unknown): string {
    const decided = this.decide(expression);
    const [separator, items] = isMembers(decided) ? listOf(decided["Fn::Join"]) : [];
    return items === undefined ? String(decided) : listOf(items).join(String(separator));
  }

  /** A part of the template with values for parameters and the branches that apply; the rest is CloudFormation's. */
  decide(part: unknown): unknown {
    if (Array.isArray(part)) return part.map((item) => this.decide(item)).filter((item) => item !== undefined);
    if (!isMembers(part)) return part;
    const { Ref: name, "Fn::If": choice, "Fn::Sub": text } = part;
    if (name === "AWS::NoValue") return undefined;
    if (typeof name === "string") return this.#values()[name] ?? part;
    if (Array.isArray(choice)) return this.decide(choice[this.holds({ Condition: choice[0] }) ? 1 : 2]);
    if (text !== undefined) return substituted(text, this.#values());
    return Object.fromEntries(
      Object.entries(part)
        .map(([key, item]) => [key, this.decide(item)])
        .filter(([, item]) => item !== undefined),
    );
  }

  /** What CloudFormation would refuse in the values: a parameter's own limits, and the template's rules. */
  problems(): readonly string[] {
    const values = this.#values();
    const ofParameters = Object.entries(this.#template.Parameters).flatMap(([name, declaration]) =>
      listOf(values[name]).flatMap((item) => {
        const problem = Token.isUnresolved(item) ? undefined : problemOf(item as string | number, declaration);
        return problem === undefined ? [] : [`${name}: ${problem}`];
      }),
    );
    const ofRules = Object.values(this.#template.Rules)
      .filter(({ RuleCondition }) => RuleCondition === undefined || this.holds(RuleCondition))
      .flatMap(({ Assertions }) => Assertions.filter(({ Assert }) => !this.holds(Assert)));
    return [...ofParameters, ...ofRules.map(({ AssertDescription }) => AssertDescription)];
  }
}

function problemOf(item: string | number, declaration: ParameterDeclaration): string | undefined {
  const { AllowedValues: allowed, AllowedPattern: pattern, MinValue: least, MaxValue: most } = declaration;
  if (allowed?.map(String).includes(String(item)) === false) return `must be one of ${allowed.join(", ")}`;
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(String(item))) return `must match ${pattern}`;
  if (least !== undefined && Number(item) < least) return `must be at least ${least}`;
  return most !== undefined && Number(item) > most ? `must be at most ${most}` : undefined;
}
