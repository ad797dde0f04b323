import { isMembers, type Members } from "../../shared/answers/members.ts";
import type { Template } from "../reading/read-template.ts";
import { isBoolean, isList, scalar } from "../reading/parameters.ts";
import { rotationEngines } from "../reading/function-names.ts";

/** Parameters that have a property of their own in `RekeyProps`, with a type of the CDK's. */
const madeOfConstructs = new Set([
  "AdminSecretArns",
  "AlarmTopicArn",
  "DataKmsKeyArn",
  "RotatedSecretArn",
  "RotationSchedule",
  "SecretArnPattern",
  "SecretsKmsKeyArn",
  "VpcSecurityGroupIds",
  "VpcSubnetIds",
]);

function typeOf(declaration: Members): string {
  if (isBoolean(declaration)) return "boolean";
  const allowed = declaration["AllowedValues"];
  if (Array.isArray(allowed)) {
    const values = allowed.filter((value) => value !== "");
    return values.map((value) => JSON.stringify(value)).join(" | ");
  }
  if (isList(declaration)) return "readonly string[]";
  return declaration["Type"] === "Number" ? "number" : "string";
}

function property(name: string, declaration: Members): string {
  const standard = scalar(declaration["Default"]);
  const description = scalar(declaration["Description"]) || name;
  const text = `${description.trim()}${standard === "" ? "" : ` Default: ${standard}.`}`.replaceAll("*/", "*\\/");
  const line = `  readonly ${name.charAt(0).toLowerCase()}${name.slice(1)}?: ${typeOf(declaration)};`;
  const wrapped =
    line.length > 120
      ? line.replaceAll(/: (?=\d)| \| /gu, (sign) => `${sign.trimEnd().replace("|", "")}\n    | `)
      : line;
  return `  /** ${text} */\n${wrapped.replaceAll(/ +$/gmu, "")}\n`;
}

/** `RekeySettings`: the template's parameters as typed properties; and the engines of its functions. */
export function settingsText({ Parameters, Resources }: Template): string {
  const properties = Object.entries(Parameters).flatMap(([name, declaration]) =>
    isMembers(declaration) && !madeOfConstructs.has(name) ? [property(name, declaration)] : [],
  );
  return `// Written by \`npm run docs\` from template.yaml.

/** The template's parameters that take plain values. */
export interface RekeySettings {
${properties.join("")}}

/** The rotation functions, each named after its engine. */
export const engines = [
${rotationEngines(Resources)
  .map((name) => `  ${JSON.stringify(name)},\n`)
  .join("")}] as const;
`;
}
