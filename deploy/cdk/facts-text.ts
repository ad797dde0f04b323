import { isMembers, record, recordList, text, type Members } from "../../local/aws/members.ts";
import type { Template } from "../../local/template/read-template.ts";

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

const isList = (declaration: Members): boolean => /^(?:CommaDelimitedList|List<)/u.test(text(declaration, "Type"));

function typeOf(declaration: Members): string {
  const allowed = declaration["AllowedValues"];
  if (Array.isArray(allowed)) {
    const values = allowed.filter((value) => value !== "");
    if (values.join() === "true,false") return "boolean";
    return values.map((value) => JSON.stringify(value)).join(" | ");
  }
  if (isList(declaration)) return "readonly string[]";
  return declaration["Type"] === "Number" ? "number" : "string";
}

const scalar = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? `${value}` : "");

function property(name: string, declaration: Members): string {
  const standard = scalar(declaration["Default"]);
  const description = scalar(declaration["Description"]) || name;
  const text = `${description.trim()}${standard === "" ? "" : ` Default: ${standard}.`}`.replaceAll("*/", "*\\/");
  return `  /** ${text} */\n  readonly ${name.charAt(0).toLowerCase()}${name.slice(1)}?: ${typeOf(declaration)};\n`;
}

/** `RekeySettings`: the template's parameters as typed properties. */
export function settingsText({ Parameters }: Template): string {
  const properties = Object.entries(Parameters).flatMap(([name, declaration]) =>
    isMembers(declaration) && !madeOfConstructs.has(name) ? [property(name, declaration)] : [],
  );
  return `// Written by \`npm run docs\` from template.yaml.

/** The template's parameters that take plain values. */
export interface RekeySettings {
${properties.join("")}}
`;
}

/** What the construct decides at synthesis and not at deployment: values, rules and conditions, as the template has them. */
export function factsText({ Parameters, Rules, Conditions, Resources }: Template): string {
  const functions = Object.values(Resources).flatMap((resource) =>
    resource["Type"] === "AWS::Serverless::Function"
      ? [text(record(resource, "Properties"), "CodeUri").replace(/^.*\//u, "")]
      : [],
  );
  const parameters = Object.entries(Parameters).flatMap(([name, declaration]) => {
    if (!isMembers(declaration)) return [];
    const {
      Default: standard,
      AllowedPattern: pattern,
      AllowedValues: allowed,
      MinValue: min,
      MaxValue: max,
    } = declaration;
    return [
      [
        name,
        { list: isList(declaration), number: declaration["Type"] === "Number", standard, pattern, allowed, min, max },
      ] as const,
    ];
  });
  const rules = Object.values(Rules)
    .filter(isMembers)
    .flatMap((rule) =>
      recordList(rule, "Assertions").map((assertion) => ({
        when: rule["RuleCondition"],
        assert: assertion["Assert"],
        problem: text(assertion, "AssertDescription"),
      })),
    );
  const facts = { functions, parameters: Object.fromEntries(parameters), rules, conditions: Conditions };
  return `${JSON.stringify(facts, undefined, 2)}\n`;
}
