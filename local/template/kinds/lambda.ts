import { join } from "node:path";
import type { Members } from "../../../shared/answers/members.ts";
import { optionalInteger, optionalText, record, text } from "../../aws/members.ts";
import { AwsError } from "../../aws/service.ts";
import type { FunctionDefinition } from "../../lambda/deployed-function.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import { allowOnly, same, wordName, type Provider, type ResourceKind, type ResourceToDeploy } from "./kind.ts";
import { defined } from "../../../shared/secrets/defined.ts";

const longestEnvironment = 4096;
/** Properties without an effect here. */
const onlyOnAws = [
  "Architectures",
  "Description",
  "EphemeralStorage",
  "KmsKeyArn",
  "Layers",
  "LoggingConfig",
  "PackageType",
  "Runtime",
  "SnapStart",
  "Tags",
  "TracingConfig",
  "VpcConfig",
];
const used = [
  "Code",
  "Environment",
  "FunctionName",
  "Handler",
  "MemorySize",
  "RecursiveLoop",
  "ReservedConcurrentExecutions",
  "Role",
  "Timeout",
];

/** Lambda counts the names and the values of the variables as UTF-8. */
function variablesOf({ logicalId, properties }: ResourceToDeploy): Readonly<Record<string, string>> {
  const variables = Object.fromEntries(
    Object.entries(record(record(properties, "Environment"), "Variables")).map(([key, value]) => [key, String(value)]),
  );
  const bytes = Buffer.byteLength(Object.entries(variables).flat().join(""));
  if (bytes > longestEnvironment) {
    const [largest = ""] = Object.entries(variables).sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
    throw new TemplateError(
      `${logicalId}: its environment has ${bytes} bytes, and Lambda takes ${longestEnvironment}: shorten or move ${largest}`,
    );
  }
  return variables;
}

async function definitionOf(resource: ResourceToDeploy, provider: Provider): Promise<FunctionDefinition> {
  allowOnly(resource, [...used, ...onlyOnAws]);
  const { logicalId, properties, name } = resource;
  const handler = text(properties, "Handler");
  const role = provider.roles.byArn(text(properties, "Role"));
  if (role === undefined) throw new TemplateError(`${logicalId}: its role is none of this account`);
  const reserved = optionalInteger(properties, "ReservedConcurrentExecutions");
  const loop = optionalText(properties, "RecursiveLoop");
  const folder = await provider.codeFolder(properties["Code"]);
  return {
    name,
    handler,
    bundlePath: join(folder, `${handler.slice(0, handler.lastIndexOf("."))}.mjs`),
    environment: { ...variablesOf(resource), ...provider.environment },
    timeoutMs: (optionalInteger(properties, "Timeout") ?? 3) * 1000,
    memoryMb: optionalInteger(properties, "MemorySize") ?? 128,
    roleName: role.name,
    policies: role.policies,
    ...defined({ reservedConcurrency: reserved }),
    ...(loop === undefined ? {} : { mayRecur: loop === "Allow" }),
  };
}

async function exists(provider: Provider, FunctionName: string): Promise<boolean> {
  try {
    await provider.call("lambda", "GetFunction", { FunctionName });
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.type === "ResourceNotFoundException") return false;
    throw error;
  }
}

export const lambdaFunction: ResourceKind = {
  createOnly: ["FunctionName", "PackageType", "TenancyConfig"],
  name: wordName("FunctionName", 64),
  async create(resource, provider) {
    const definition = await definitionOf(resource, provider);
    if (await exists(provider, resource.name))
      throw new TemplateError(`${resource.logicalId}: a function with the name ${resource.name} already exists`);
    return { ref: resource.name, attributes: { Arn: await provider.deployFunction(definition) } };
  },
  async update(resource, provider, existing) {
    await provider.deployFunction(await definitionOf(resource, provider));
    return same(existing);
  },
  async remove({ name }, provider) {
    await provider.removeFunction(name);
  },
};

async function addPermission(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  allowOnly(resource, [
    "Action",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "SourceAccount",
    "SourceArn",
  ]);
  await provider.call("lambda", "AddPermission", { ...resource.properties, StatementId: resource.name });
  return { ref: resource.name, attributes: {} };
}

/** What every property of its own makes again has nothing to update. */
export const permission: ResourceKind = {
  createOnly: [
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
  ],
  create: addPermission,
  update: async (_resource, _provider, existing) => same(existing),
  async remove({ name, properties }, provider) {
    const FunctionName = text(properties, "FunctionName");
    if (!(await exists(provider, FunctionName))) return;
    await provider.call("lambda", "RemovePermission", { FunctionName, StatementId: name });
  },
};

const functionNameOf = (properties: Members): string =>
  text(properties, "FunctionName").split(":function:").at(-1) ?? "";

function mapQueue({ properties }: ResourceToDeploy, provider: Provider): DeployedResource {
  const { FunctionName: _name, EventSourceArn, ...settings } = properties;
  const id = provider.mapQueue(functionNameOf(properties), String(EventSourceArn), settings);
  return { ref: id, attributes: { Id: id } };
}

export const eventSourceMapping: ResourceKind = {
  createOnly: ["EventSourceArn", "SelfManagedEventSource", "StartingPosition", "StartingPositionTimestamp"],
  create: async (resource, provider) => mapQueue(resource, provider),
  async update(resource, provider, existing) {
    provider.unmapQueue(existing.ref);
    return mapQueue(resource, provider);
  },
  async remove({ ref }, provider) {
    provider.unmapQueue(ref);
  },
};

async function putInvokeConfig(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  allowOnly(resource, [
    "DestinationConfig",
    "FunctionName",
    "MaximumEventAgeInSeconds",
    "MaximumRetryAttempts",
    "Qualifier",
  ]);
  await provider.call("lambda", "PutFunctionEventInvokeConfig", resource.properties);
  return { ref: resource.logicalId, attributes: {} };
}

export const eventInvokeConfig: ResourceKind = {
  createOnly: ["FunctionName", "Qualifier"],
  create: putInvokeConfig,
  update: putInvokeConfig,
  async remove({ properties }, provider) {
    const FunctionName = text(properties, "FunctionName");
    if (await exists(provider, FunctionName))
      await provider.call("lambda", "DeleteFunctionEventInvokeConfig", { FunctionName });
  },
};

export const functionUrl: ResourceKind = {
  createOnly: ["TargetFunctionArn", "Qualifier"],
  async create(resource, provider) {
    allowOnly(resource, ["AuthType", "TargetFunctionArn"]);
    const { AuthType, TargetFunctionArn: FunctionName } = resource.properties;
    const made = await provider.call("lambda", "CreateFunctionUrlConfig", { FunctionName, AuthType });
    const FunctionArn = text(made, "FunctionArn");
    return { ref: FunctionArn, attributes: { FunctionArn, FunctionUrl: text(made, "FunctionUrl") } };
  },
  update: async (_resource, _provider, existing) => same(existing),
  async remove({ properties }, provider) {
    const FunctionName = text(properties, "TargetFunctionArn");
    if (await exists(provider, FunctionName))
      await provider.call("lambda", "DeleteFunctionUrlConfig", { FunctionName });
  },
};
