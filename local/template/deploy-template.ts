import { isMembers, record, recordList, text, type Members } from "../aws/members.ts";
import { conditionHolds, referencesOf, resolve, truth, type DeployedResource, type Scope } from "./intrinsics.ts";
import { bindParameters } from "./parameters.ts";
import { TemplateError, type Template } from "./read-template.ts";
import { resourceKinds, type Provider } from "./resource-kinds.ts";
import { serverlessFunction } from "./serverless-function.ts";

const kinds = { ...resourceKinds, "AWS::Serverless::Function": serverlessFunction };

/** A map over another, level by level, as SAM lays a function's properties over Globals. */
function overlay(base: unknown, top: unknown): unknown {
  if (top === undefined) return base;
  if (!isMembers(base) || !isMembers(top)) return top;
  const names = new Set([...Object.keys(base), ...Object.keys(top)]);
  return Object.fromEntries([...names].map((name) => [name, overlay(base[name], top[name])]));
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
    if (condition !== undefined && !truth(condition, scope)) continue;
    for (const assertion of recordList(rule, "Assertions")) {
      if (!truth(assertion["Assert"], scope)) throw new TemplateError(text(assertion, "AssertDescription"));
    }
  }
}

export interface TemplateDeployment {
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: ReadonlyMap<string, DeployedResource>;
}

/**
 * Makes a template's resources in the local services. Errors: `TemplateError` for what the loader does not know (a
 * resource type, a property, a function), so that nothing of the template is silently left out.
 */
export async function deployTemplate(
  template: Template,
  settings: {
    readonly provider: Provider;
    readonly parameters: Readonly<Record<string, string>>;
    readonly region: string;
    readonly accountId: string;
  },
): Promise<TemplateDeployment> {
  const { provider, region, accountId } = settings;
  const resources = new Map<string, DeployedResource>();
  const scope: Scope = {
    parameters: bindParameters(template.Parameters, settings.parameters),
    pseudo: {
      "AWS::AccountId": accountId,
      "AWS::Partition": "aws",
      "AWS::Region": region,
      "AWS::StackName": provider.stackName,
      "AWS::URLSuffix": "amazonaws.com",
    },
    conditions: template.Conditions,
    resources,
  };
  checkRules(template.Rules, scope);
  const holds = (item: Members): boolean =>
    item["Condition"] === undefined || conditionHolds(text(item, "Condition"), scope);
  const wanted = Object.fromEntries(Object.entries(template.Resources).filter(([, resource]) => holds(resource)));

  for (const logicalId of inOrder(wanted)) {
    const resource = wanted[logicalId] ?? {};
    const type = text(resource, "Type");
    const kind = Object.entries(kinds).find(([name]) => name === type)?.[1];
    if (kind === undefined) throw new TemplateError(`${logicalId}: resources of type ${type} are not supported`);
    const globals = type === "AWS::Serverless::Function" ? record(template.Globals, "Function") : {};
    const properties = resolve(overlay(globals, record(resource, "Properties")), scope);
    resources.set(logicalId, await kind({ logicalId, properties: isMembers(properties) ? properties : {} }, provider));
  }

  const outputs = Object.entries(template.Outputs).flatMap(([name, output]) =>
    isMembers(output) && holds(output) ? [[name, String(resolve(output["Value"], scope))]] : [],
  );
  return { outputs: Object.fromEntries(outputs), resources };
}
