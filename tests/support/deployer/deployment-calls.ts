import { list, record } from "../../../local/aws/members.ts";
import { resolve, type Scope } from "../../../local/template/intrinsics.ts";
import type { Template } from "../../../deploy/reading/read-template.ts";
import { onlyForProperty, refused } from "./not-called.ts";
import { operations, type ProviderPermissions } from "./read-provider-permissions.ts";
import { namedScope, stackResources, type StackResource } from "./stack-resources.ts";

/** One call that CloudFormation makes, and on what. */
export interface DeploymentCall {
  readonly type: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

const place = "us-east-1:123456789012";
const key = `arn:aws:kms:${place}:key/data`;

/** A call whose name begins so takes no resource. */
const withoutResource =
  /^(ec2:Describe|logs:Describe|kms:ListAliases|lambda:CreateEventSourceMapping|events:(Put|Remove)Permission)/u;

/** The property that names what a resource is attached to, where it has no ARN of its own. */
const attachedBy: Readonly<Record<string, string>> = {
  "AWS::Events::EventBusPolicy": "EventBusName",
  "AWS::Lambda::Permission": "FunctionName",
  "AWS::SecretsManager::RotationSchedule": "SecretId",
  "AWS::SNS::TopicPolicy": "Topics",
  "AWS::SQS::QueuePolicy": "Queues",
};

function ownArns({ type, logicalId, properties }: StackResource, scope: Scope): readonly string[] {
  const at = (property: string): string => String(resolve(properties[property], scope));
  const attached = attachedBy[type];
  if (attached !== undefined) return [resolve(properties[attached], scope)].flat().map(String);
  if (type === "AWS::EventSchemas::Schema") {
    return [`arn:aws:schemas:${place}:schema/${at("RegistryName")}/${at("SchemaName")}`];
  }
  const arn = scope.resources.get(logicalId)?.ref;
  if (arn === undefined) throw new Error(`the ARN of a ${type} is not known`);
  const bus = at("EventBusName").split("event-bus/").at(-1) ?? "";
  return [type === "AWS::Events::Rule" && "EventBusName" in properties ? arn.replace("rule/", `rule/${bus}/`) : arn];
}

function passedRoles({ type, properties }: StackResource, scope: Scope): readonly string[] {
  const holders = type === "AWS::Events::Rule" ? list(properties, "Targets") : [{ RoleArn: properties["Role"] }];
  return holders.flatMap((holder) => resolve(record({ holder }, "holder")["RoleArn"], scope) ?? []).map(String);
}

/** The ARNs that a call names. */
function named(action: string, own: string, resource: StackResource, scope: Scope): readonly string[] {
  if (withoutResource.test(action)) return ["*"];
  if (action.startsWith("kms:")) return [key];
  if (action.startsWith("s3:GetObject")) return ["arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket/rekey/1"];
  switch (action) {
    case "cloudwatch:DescribeAlarms":
      return [`arn:aws:cloudwatch:${place}:alarm:*`];
    case "events:CreateArchive":
      return [own, String(resolve(resource.properties["SourceArn"], scope))];
    case "iam:PassRole":
      return passedRoles(resource, scope);
    case "lambda:GetLayerVersion":
      return [`arn:aws:lambda:${place}:layer:roots:1`];
    case "lambda:InvokeFunction":
      return [String(resolve(resource.properties["RotationLambdaARN"], scope))];
    default:
      return [own];
  }
}

/** What a call says of itself besides its resource, by condition keys. */
function contextOf({ type, properties }: StackResource, boundary: string, scope: Scope) {
  const service = type.split("::")[1]?.toLowerCase() ?? "";
  return {
    "iam:PassedToService": `${service}.amazonaws.com`,
    "iam:PermissionsBoundary": boundary,
    "iam:PolicyARN": scope.resources.get("TraceSegments")?.ref ?? "",
    "kms:GrantIsForAWSResource": "true",
    "kms:ViaService": `${service}.us-east-1.amazonaws.com`,
    "lambda:FunctionArn": String(resolve(properties["FunctionName"], scope)),
  };
}

/** The actions of an operation that the properties of the template's resources make CloudFormation call. */
export function actionsCalled(
  type: string,
  permissions: readonly string[],
  resources: readonly StackResource[],
): readonly string[] {
  const used = new Set(
    resources.filter((one) => one.type === type).flatMap(({ properties }) => Object.keys(properties)),
  );
  const unused = Object.entries(onlyForProperty[type] ?? {}).filter(([property]) => !used.has(property));
  const left = new Set([...unused.flatMap(([, actions]) => actions), ...(refused[type] ?? [])]);
  return permissions.filter((action) => !left.has(action));
}

/** Each different call that creating, updating and deleting a template's resources makes. */
export function deploymentCalls(
  template: Template,
  table: ProviderPermissions,
  { boundary, given }: { readonly boundary: string; readonly given: Readonly<Record<string, string>> },
): readonly DeploymentCall[] {
  const scope = namedScope(template, given);
  const resources = stackResources(template);
  const calls = resources.flatMap((resource) => {
    const permissions = new Set(operations.flatMap((operation) => table[resource.type]?.[operation] ?? []));
    const context = contextOf(resource, boundary, scope);
    return actionsCalled(resource.type, [...permissions], resources).flatMap((action) =>
      ownArns(resource, scope)
        .flatMap((own) => named(action, own, resource, scope))
        .map((arn): DeploymentCall => ({ type: resource.type, action, resource: arn, context })),
    );
  });
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}
