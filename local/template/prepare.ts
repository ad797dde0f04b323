import { isMembers, type Members } from "../../shared/answers/members.ts";
import { recordList, text } from "../aws/members.ts";
import { checkPlaces } from "./function-places.ts";
import { conditionHolds, referencesOf, resolve, type DeployedResource, type Scope } from "./intrinsics.ts";
import { kindOf } from "./kinds/kinds.ts";
import { checkSize } from "./limits.ts";
import { bindParameters } from "./parameters.ts";
import type { Naming } from "./kinds/kind.ts";
import { TemplateError, type Template } from "../../deploy/reading/read-template.ts";
import { ruleHolds } from "./rule-functions.ts";
import { transformed } from "./sam-transform.ts";

/** Where a stack lies. */
export interface Place extends Naming {
  readonly stackId: string;
  readonly region: string;
  readonly accountId: string;
}

/** A template with its parameters: what it wants to stand, in the order in which it is made. */
export interface Prepared {
  readonly order: readonly string[];
  readonly wanted: Readonly<Record<string, Members>>;
  scope(resources: ReadonlyMap<string, DeployedResource>): Scope;
  outputs(resources: ReadonlyMap<string, DeployedResource>): Readonly<Record<string, string>>;
}

const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** Logical ids so that what is referred to comes first. */
function inOrder(resources: Readonly<Record<string, Members>>): readonly string[] {
  const ordered: string[] = [];
  const open = new Set<string>();
  const visit = (id: string): void => {
    const resource = resources[id];
    if (resource === undefined || ordered.includes(id)) return;
    if (open.has(id)) throw new TemplateError(`${id} refers to itself through other resources`);
    open.add(id);
    for (const other of [...referencesOf(resource["Properties"]), ...list(resource["DependsOn"]).map(String)])
      visit(other);
    open.delete(id);
    ordered.push(id);
  };
  for (const id of Object.keys(resources)) visit(id);
  return ordered;
}

/** The template's own checks of its parameters. */
function checkRules(rules: Members, scope: Scope): void {
  for (const rule of Object.values(rules).filter(isMembers)) {
    const condition = rule["RuleCondition"];
    if (condition !== undefined && !ruleHolds(condition, scope)) continue;
    for (const assertion of recordList(rule, "Assertions")) {
      if (!ruleHolds(assertion["Assert"], scope)) throw new TemplateError(text(assertion, "AssertDescription"));
    }
  }
}

/** What can be said of a template without its parameters. Errors: `TemplateError`. Returns its resources. */
export function checkTemplate(template: Template): Readonly<Record<string, Members>> {
  const resources = transformed(template);
  checkSize(template, Object.keys(resources).length);
  checkPlaces(template);
  return resources;
}

/** Checks a template as CloudFormation does before it makes anything. Errors: `TemplateError`. */
export function prepare(template: Template, given: Readonly<Record<string, string>>, place: Place): Prepared {
  const resources = checkTemplate(template);
  const parameters = bindParameters(template.Parameters, given);
  const scope = (resources: ReadonlyMap<string, DeployedResource>): Scope => ({
    parameters,
    pseudo: {
      "AWS::AccountId": place.accountId,
      "AWS::Partition": "aws",
      "AWS::Region": place.region,
      "AWS::StackId": place.stackId,
      "AWS::StackName": place.stackName,
      "AWS::URLSuffix": "amazonaws.com",
    },
    conditions: template.Conditions,
    resources,
  });
  const initial = scope(new Map());
  checkRules(template.Rules, initial);
  const holds = (item: Members): boolean =>
    item["Condition"] === undefined || conditionHolds(text(item, "Condition"), initial);
  const wanted = Object.fromEntries(Object.entries(resources).filter(([, resource]) => holds(resource)));
  for (const [logicalId, resource] of Object.entries(wanted)) kindOf(logicalId, text(resource, "Type"));
  return {
    order: inOrder(wanted),
    wanted,
    scope,
    outputs(made) {
      const outputs = Object.entries(template.Outputs).flatMap(([name, output]) =>
        isMembers(output) && holds(output) ? [[name, String(resolve(output["Value"], scope(made)))]] : [],
      );
      return Object.fromEntries(outputs);
    },
  };
}
