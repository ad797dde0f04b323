import { isMembers, type Members } from "../../shared/answers/members.ts";
import { TemplateError } from "../../deploy/reading/read-template.ts";

/** What `Ref` and `Fn::GetAtt` give for a resource that was made. */
export interface DeployedResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Scope {
  readonly parameters: ReadonlyMap<string, string | readonly string[]>;
  /** `AWS::Region` and the like. */
  readonly pseudo: Readonly<Record<string, string>>;
  readonly conditions: Members;
  readonly resources: ReadonlyMap<string, DeployedResource>;
}

function reference(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") return undefined;
  const value = scope.parameters.get(name) ?? scope.pseudo[name] ?? scope.resources.get(name)?.ref;
  if (value === undefined) throw new TemplateError(`nothing in the template is called ${name}`);
  return value;
}

function attribute(id: string, name: string, scope: Scope): string {
  const value = scope.resources.get(id)?.attributes[name];
  if (value === undefined) throw new TemplateError(`${id} has no attribute ${name} here`);
  return value;
}

function substitute(operand: unknown, scope: Scope): string {
  const [text, own]: readonly unknown[] = Array.isArray(operand) ? operand : [operand, {}];
  const variables = resolve(own ?? {}, scope);
  return String(text).replaceAll(/\$\{(!?)([^}]+)\}/gu, (_all, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    if (isMembers(variables) && Object.hasOwn(variables, name)) return String(variables[name]);
    const [id = "", ...path] = name.split(".");
    return path.length === 0 ? String(reference(name, scope)) : attribute(id, path.join("."), scope);
  });
}

/** Whether a condition of the template holds. */
export function conditionHolds(name: string, scope: Scope): boolean {
  if (!Object.hasOwn(scope.conditions, name)) throw new TemplateError(`the template has no condition ${name}`);
  return truth(scope.conditions[name], scope);
}

/** Whether a condition function holds. Errors: `TemplateError` for another function. */
function truth(expression: unknown, scope: Scope): boolean {
  const [operator, operand] = (isMembers(expression) ? Object.entries(expression) : [])[0] ?? [""];
  const operands: readonly unknown[] = Array.isArray(operand) ? operand : [];
  switch (operator) {
    case "Condition":
      return conditionHolds(String(operand), scope);
    case "Fn::Equals":
      return String(resolve(operands[0], scope)) === String(resolve(operands[1], scope));
    case "Fn::Not":
      return !truth(operands[0], scope);
    case "Fn::And":
      return operands.every((item) => truth(item, scope));
    case "Fn::Or":
      return operands.some((item) => truth(item, scope));
    case "Fn::Contains":
      return asList(resolve(operands[0], scope))
        .map(String)
        .includes(String(resolve(operands[1], scope)));
    default:
      throw new TemplateError(`${operator} is no condition function that the loader knows`);
  }
}

/** `Fn::GetAtt` in its long form takes a list, or a text with a dot. */
function attributePath(operands: readonly unknown[]): [id: string, name: string] {
  const [id = "", ...path] = operands.length === 1 ? String(operands[0]).split(".") : operands.map(String);
  return [id, path.join(".")];
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function call(name: string, operand: unknown, scope: Scope): unknown {
  const operands = asList(operand);
  switch (name) {
    case "Ref":
      return reference(String(operand), scope);
    case "Fn::GetAtt":
      return attribute(...attributePath(operands), scope);
    case "Fn::Sub":
      return substitute(operand, scope);
    case "Fn::If":
      return resolve(operands[conditionHolds(String(operands[0]), scope) ? 1 : 2], scope);
    case "Fn::Join":
      return asList(resolve(operands[1], scope)).join(String(operands[0]));
    case "Fn::Select":
      return asList(resolve(operands[1], scope))[Number(operands[0])];
    case "Fn::Split":
      return String(resolve(operands[1], scope)).split(String(operands[0]));
    default:
      throw new TemplateError(`the function ${name} is not supported`);
  }
}

/** A value with its functions worked out; what refers to `AWS::NoValue` is left out. */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, scope)).filter((item) => item !== undefined);
  }
  if (!isMembers(value)) return value;
  const [first, ...others] = Object.entries(value);
  if (first !== undefined && others.length === 0 && (first[0] === "Ref" || first[0].startsWith("Fn::"))) {
    return call(first[0], first[1], scope);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, resolve(item, scope)])
      .filter(([, item]) => item !== undefined),
  );
}

/** The names that a value refers to, in either branch of its conditions. */
export function referencesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isMembers(value)) return [];
  return Object.entries(value).flatMap(([key, operand]) => {
    if (key === "Ref") return [String(operand)];
    if (key === "Fn::GetAtt") return [attributePath(asList(operand))[0]];
    const inText =
      key === "Fn::Sub"
        ? [...String(asList(operand)[0]).matchAll(/\$\{([^!}.]+)[^}]*\}/gu)].map(([, name = ""]) => name)
        : [];
    return [...inText, ...referencesOf(operand)];
  });
}
