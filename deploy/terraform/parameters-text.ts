import { isMembers, type Members } from "../../shared/answers/members.ts";
import type { Template } from "../reading/read-template.ts";
import { isBoolean, isList, scalar } from "../reading/parameters.ts";

/** Parameters that the module makes of `secrets`, or that are an example for templates. */
const madeByTheModule = new Set(["RotatedSecretArn", "RotationSchedule"]);
/** Parameters that `secrets` add to. */
const addedTo = new Set(["SecretArnPattern", "AdminSecretArns"]);

export const snakeCase = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, "_").toLowerCase();

/** A text of HCL, in which `${` and `%{` begin expressions. */
const quoted = (value: string): string => JSON.stringify(value).replaceAll(/[$%](?=\{)/gu, (sign) => sign + sign);

function typeOf(declaration: Members): string {
  if (isList(declaration)) return "list(string)";
  return isBoolean(declaration) ? "bool" : declaration["Type"] === "Number" ? "number" : "string";
}

/** What must hold of a value, as an expression of HCL, and what is said where it does not. */
function limits(declaration: Members, value: string): readonly (readonly [condition: string, message: string])[] {
  const { AllowedPattern: pattern, AllowedValues: allowed, MinValue: least, MaxValue: most } = declaration;
  const found: [string, string][] = [];
  if (typeof pattern === "string")
    found.push([`can(regex(${quoted(`^(?:${pattern})$`)}, ${value}))`, `It must match ${pattern}`]);
  if (Array.isArray(allowed) && !isBoolean(declaration))
    found.push([
      `contains(${JSON.stringify(allowed).replaceAll(",", ", ")}, ${value})`,
      `It must be one of ${allowed.join(", ")}`,
    ]);
  if (typeof least === "number") found.push([`${value} >= ${least}`, `It must be at least ${least}`]);
  if (typeof most === "number") found.push([`${value} <= ${most}`, `It must be at most ${most}`]);
  return found;
}

function validation(name: string, declaration: Members): string {
  const list = isList(declaration);
  const variable = `var.${name}`;
  const rules = limits(declaration, list ? "item" : variable).map(([holds, message]) => {
    const condition = list
      ? `alltrue([for item in coalesce(${variable}, []) : ${holds}])`
      : `${variable} == null ? true : ${holds}`;
    return `
  validation {
    condition     = ${condition}
    error_message = ${quoted(`${message}.`)}
  }
`;
  });
  return rules.join("");
}

function variable(name: string, declaration: Members): string {
  const standard = scalar(declaration["Default"]);
  const description = scalar(declaration["Description"]).trim() || `${name}.`;
  return `variable "${snakeCase(name)}" {
  type        = ${typeOf(declaration)}
  default     = null
  description = ${quoted(standard === "" ? description : `${description} Default: ${standard}.`)}
${validation(snakeCase(name), declaration)}}
`;
}

/** `parameters.tf`: a variable for each parameter of the template, and what CloudFormation is given. */
export function parametersText({ Parameters }: Template): string {
  const declared = Object.entries(Parameters).flatMap(([name, declaration]) =>
    isMembers(declaration) && !madeByTheModule.has(name) ? [{ name, declaration }] : [],
  );
  const width = Math.max(...declared.map(({ name }) => name.length));
  const values = declared.map(({ name, declaration }) => {
    const own = `var.${snakeCase(name)}`;
    const list = addedTo.has(name) ? `local.${snakeCase(name)}` : own;
    const value = isList(declaration) ? `${list} == null ? null : join(",", ${list})` : own;
    return `    ${name.padEnd(width)} = ${value}\n`;
  });
  return `# Written by \`npm run docs\` from template.yaml.

locals {
  # What is null is left out, so that the template's own default holds.
  parameters = { for name, value in {
${values.join("")}  } : name => tostring(value) if value != null }
}

${declared.map(({ name, declaration }) => variable(name, declaration)).join("\n")}`;
}
