import { join } from "node:path";
import { isMembers, optionalInteger, optionalText, record, text, type Members } from "../aws/members.ts";
import type { PolicyDocument } from "../aws/service.ts";
import { TemplateError } from "./read-template.ts";
import { allowOnly, eventRule, type Provider, type ResourceKind, type ResourceToDeploy } from "./resource-kinds.ts";

/** Properties without an effect here. */
const onlyOnAws = [
  "Architectures",
  "Description",
  "KmsKeyArn",
  "LoggingConfig",
  "ReservedConcurrentExecutions",
  "Runtime",
  "Tags",
  "Tracing",
  "VpcConfig",
];

function roleOf(
  { logicalId, properties }: ResourceToDeploy,
  { roles }: Provider,
): { readonly roleName?: string; readonly policies: readonly PolicyDocument[] } {
  const role = optionalText(properties, "Role");
  if (role === undefined) return { policies: [] };
  const policies = roles.get(role);
  if (policies === undefined) throw new TemplateError(`${logicalId}: its role is none of this template`);
  return { roleName: role.slice(role.lastIndexOf("/") + 1), policies };
}

/** SAM makes the rule and the permission of an `EventBridgeRule` event itself; so does this. */
async function deployRule(id: string, properties: Members, functionName: string, arn: string, provider: Provider) {
  const { Pattern, EventBusName, State, RetryPolicy, DeadLetterConfig, ...others } = properties;
  allowOnly({ logicalId: id, properties: others }, []);
  const present = (members: Members): Members =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const target = present({ Id: id, Arn: arn, RetryPolicy, DeadLetterConfig });
  const rule = present({ EventPattern: Pattern, EventBusName, State, Targets: [target] });
  const { attributes } = await eventRule({ logicalId: id, properties: rule }, provider);
  await provider.call("lambda", "AddPermission", {
    FunctionName: functionName,
    StatementId: `${id}Permission`,
    Action: "lambda:InvokeFunction",
    Principal: "events.amazonaws.com",
    SourceArn: attributes["Arn"],
  });
}

async function deployEvents(resource: ResourceToDeploy, name: string, arn: string, provider: Provider): Promise<void> {
  for (const [eventId, event] of Object.entries(record(resource.properties, "Events"))) {
    const id = `${resource.logicalId}${eventId}`;
    const type = isMembers(event) ? text(event, "Type") : "";
    const properties = isMembers(event) ? record(event, "Properties") : {};
    if (type === "SQS") provider.mapQueue(name, text(properties, "Queue"), properties);
    else if (type === "EventBridgeRule") await deployRule(id, properties, name, arn, provider);
    else throw new TemplateError(`${id}: events of type ${type} are not supported`);
  }
}

/** `AWS::Serverless::Function`: the bundle that `npm run build` wrote to its CodeUri, its role, and its events. */
export const serverlessFunction: ResourceKind = async (resource, provider) => {
  const { logicalId, properties } = resource;
  const used = [
    "CodeUri",
    "Environment",
    "EventInvokeConfig",
    "Events",
    "FunctionName",
    "Handler",
    "MemorySize",
    "Role",
    "RecursiveLoop",
    "Timeout",
  ];
  allowOnly(resource, [...used, ...onlyOnAws]);
  const name = optionalText(properties, "FunctionName") ?? `${provider.stackName}-${logicalId}`;
  const handler = text(properties, "Handler");
  const variables = Object.entries(record(record(properties, "Environment"), "Variables"));
  const invokeConfig = record(properties, "EventInvokeConfig");
  const onFailure = record(record(invokeConfig, "DestinationConfig"), "OnFailure");
  const maximumRetries = optionalInteger(invokeConfig, "MaximumRetryAttempts");
  const onFailureArn = optionalText(onFailure, "Destination");
  const arn = await provider.deployFunction({
    name,
    handler,
    bundlePath: join(provider.path(text(properties, "CodeUri")), `${handler.split(".")[0]}.mjs`),
    environment: {
      ...Object.fromEntries(variables.map(([key, value]) => [key, String(value)])),
      ...provider.environment,
    },
    timeoutMs: (optionalInteger(properties, "Timeout") ?? 3) * 1000,
    memoryMb: optionalInteger(properties, "MemorySize") ?? 128,
    ...roleOf(resource, provider),
    asynchronous: {
      ...(maximumRetries === undefined ? {} : { maximumRetries }),
      ...(onFailureArn === undefined ? {} : { onFailureArn }),
    },
  });
  await deployEvents(resource, name, arn, provider);
  return { ref: name, attributes: { Arn: arn } };
};
