import { isMembers, type Members, membersOf } from "../../shared/answers/members.ts";
import { TemplateError, type Template } from "../../deploy/reading/read-template.ts";

interface Place {
  readonly section: string;
  readonly functions: ReadonlySet<string>;
  readonly advice: string;
}

const logic = ["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];
const values = [
  "Ref",
  "Fn::Base64",
  "Fn::Cidr",
  "Fn::FindInMap",
  "Fn::GetAZs",
  "Fn::GetAtt",
  "Fn::If",
  "Fn::ImportValue",
  "Fn::Join",
  "Fn::Length",
  "Fn::Select",
  "Fn::Split",
  "Fn::Sub",
  "Fn::ToJsonString",
  "Fn::Transform",
];
const rules: Place = {
  section: "Rules",
  functions: new Set([
    ...logic,
    "Ref",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
  ]),
  advice: "use Ref and the functions of rules",
};
const conditions: Place = {
  section: "Conditions",
  functions: new Set([...logic, "Condition", "Ref", "Fn::FindInMap", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub"]),
  advice: "use the condition functions, parameters and what joins or splits them",
};
const nothing = (section: string): Place => ({ section, functions: new Set(), advice: "write the value itself" });
const resources: Place = {
  section: "Resources",
  functions: new Set(values),
  advice: "move it to Conditions or Rules",
};
const outputs: Place = { ...resources, section: "Outputs" };

const isFunction = (name: string): boolean => name === "Ref" || name.startsWith("Fn::");

function functionsIn(value: unknown): readonly (readonly [name: string, operand: unknown])[] {
  if (Array.isArray(value)) return value.flatMap(functionsIn);
  if (!isMembers(value)) return [];
  const entries = Object.entries(value);
  const [first] = entries;
  const own = first !== undefined && entries.length === 1 && isFunction(first[0]) ? [first] : [];
  return [...own, ...entries.flatMap(([, operand]) => functionsIn(operand))];
}

function checkValue(name: string, value: unknown, { section, functions, advice }: Place): void {
  for (const [used, operand] of functionsIn(value)) {
    if (!functions.has(used))
      throw new TemplateError(`${section}: ${name} uses ${used}, which is refused there: ${advice}`);
    const count = Array.isArray(operand) ? operand.length : 0;
    if ((used === "Fn::And" || used === "Fn::Or") && (count < 2 || count > 10))
      throw new TemplateError(`${section}: ${name} has ${used} of ${count} conditions, and 2 to 10 are taken`);
  }
}

/** The names that a function refers to, but for the variables that `Fn::Sub` brings itself. */
function namesIn(used: string, operand: unknown): readonly string[] {
  if (used === "Ref") return [String(operand)];
  if (used !== "Fn::Sub") return [];
  const [text, own]: readonly unknown[] = Array.isArray(operand) ? operand : [operand, {}];
  const variables = membersOf(own);
  const names = [...String(text).matchAll(/\$\{([^!}]+)\}/gu)].map(([, name = ""]) => name);
  return names.filter((name) => !Object.hasOwn(variables, name));
}

function checkReferences(name: string, value: unknown, section: string, parameters: ReadonlySet<string>): void {
  const names = functionsIn(value).flatMap(([used, operand]) => namesIn(used, operand));
  const wrong = names.find((other) => !parameters.has(other) && !other.startsWith("AWS::"));
  if (wrong !== undefined)
    throw new TemplateError(`${section}: ${name} refers to ${wrong}, and only parameters can be referred to there`);
}

/** What CloudFormation refuses though an emulator evaluates it: functions outside of their places. Errors: `TemplateError`. */
export function checkPlaces(template: Template): void {
  const parameters = new Set(Object.keys(template.Parameters));
  const check = (items: Members, place: Place): void => {
    for (const [name, item] of Object.entries(items)) checkValue(name, item, place);
  };
  check(template.Parameters, nothing("Parameters"));
  check(template.Rules, rules);
  check(template.Conditions, conditions);
  for (const [section, items] of [
    ["Rules", template.Rules],
    ["Conditions", template.Conditions],
  ] as const)
    for (const [name, item] of Object.entries(items)) checkReferences(name, item, section, parameters);
  for (const [name, resource] of Object.entries(template.Resources)) {
    const { Properties, Metadata: _metadata, UpdatePolicy: _policy, ...attributes } = resource;
    checkValue(name, Properties, resources);
    checkValue(name, attributes, { ...nothing("Resources"), advice: "attributes such as DeletionPolicy take a value" });
  }
  for (const [name, output] of Object.entries(template.Outputs)) {
    if (!isMembers(output)) throw new TemplateError(`Outputs: ${name} must be a map`);
    const { Description, Condition, ...values } = output;
    checkValue(name, values, outputs);
    checkValue(name, [Description, Condition], nothing("Outputs"));
  }
}
