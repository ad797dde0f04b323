import { isMembers } from "../../shared/answers/members.ts";
import type { Scope } from "./intrinsics.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function reference(name: string, { parameters, pseudo }: Scope): unknown {
  const value = parameters.get(name) ?? pseudo[name];
  if (value === undefined) throw new TemplateError(`a rule refers to ${name}, which is no parameter`);
  return value;
}

/** A value in a rule: a text, a parameter, or a list of them. */
function valueOf(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.flatMap((item) => valueOf(item, scope));
  if (isMembers(value) && "Ref" in value) return reference(String(value["Ref"]), scope);
  if (isMembers(value)) return ruleHolds(value, scope);
  return String(value);
}

const texts = (value: unknown, scope: Scope): readonly string[] => asList(valueOf(value, scope)).map(String);

/** Whether an assertion or the condition of a rule holds. Errors: `TemplateError` for a function that rules do not have. */
export function ruleHolds(expression: unknown, scope: Scope): boolean {
  const [operator, operand] = (isMembers(expression) ? Object.entries(expression) : [])[0] ?? [""];
  const operands = asList(operand);
  switch (operator) {
    case "Fn::And":
      return operands.every((item) => ruleHolds(item, scope));
    case "Fn::Or":
      return operands.some((item) => ruleHolds(item, scope));
    case "Fn::Not":
      return !ruleHolds(operands[0], scope);
    case "Fn::Equals":
      return texts(operands[0], scope).join(",") === texts(operands[1], scope).join(",");
    case "Fn::Contains":
      return texts(operands[0], scope).includes(String(valueOf(operands[1], scope)));
    case "Fn::EachMemberEquals":
      return texts(operands[0], scope).every((item) => item === String(valueOf(operands[1], scope)));
    case "Fn::EachMemberIn": {
      const allowed = texts(operands[1], scope);
      return texts(operands[0], scope).every((item) => allowed.includes(item));
    }
    case "Fn::RefAll":
    case "Fn::ValueOf":
    case "Fn::ValueOfAll":
      throw new TemplateError(
        `${operator} asks what stands in the account's VPCs, which the local stack does not know`,
      );
    default:
      throw new TemplateError(`${operator} is no function that a rule may use here`);
  }
}
