import { randomUUID } from "node:crypto";
import { isMembers, type Members } from "../../../shared/answers/members.ts";
import { optionalText, record, text } from "../../aws/members.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { allowOnly, same, type Provider, type ResourceKind, type ResourceToDeploy } from "./kind.ts";

const onlyOnAws = [
  "DeletionProtectionEnabled",
  "PointInTimeRecoverySpecification",
  "SSESpecification",
  "Tags",
  "TimeToLiveSpecification",
];

export const table: ResourceKind = {
  createOnly: ["ImportSourceSpecification", "TableName"],
  name: { property: "TableName", longest: 255, pattern: /^[\w.-]{3,}$/u },
  async create(resource, provider) {
    allowOnly(resource, ["TableName", "AttributeDefinitions", "BillingMode", "KeySchema", ...onlyOnAws]);
    const { AttributeDefinitions, BillingMode, KeySchema } = resource.properties;
    const input = { TableName: resource.name, AttributeDefinitions, BillingMode, KeySchema };
    const answer = await provider.call("dynamodb", "CreateTable", input);
    return { ref: resource.name, attributes: { Arn: text(record(answer, "TableDescription"), "TableArn") } };
  },
  update: async (_resource, _provider, existing) => same(existing),
  async remove({ name }, provider) {
    await provider.call("dynamodb", "DeleteTable", { TableName: name });
  },
};

/** `GenerateSecretString`: a random password, as the named member of a template that is JSON. */
async function generated(settings: Members, provider: Provider): Promise<Members> {
  const { GenerateStringKey: _key, SecretStringTemplate: _template, ...policy } = settings;
  const RandomPassword = text(await provider.call("secretsmanager", "GetRandomPassword", policy), "RandomPassword");
  const key = optionalText(settings, "GenerateStringKey");
  if (key === undefined) return { SecretString: RandomPassword };
  const members = JSON.parse(text(settings, "SecretStringTemplate")) as Members;
  return { SecretString: JSON.stringify({ ...members, [key]: RandomPassword }) };
}

export const secret: ResourceKind = {
  createOnly: ["Name"],
  name: { property: "Name", longest: 512, pattern: /^[\w/+=.@!-]+$/u },
  async create(resource, provider) {
    allowOnly(resource, ["Name", "Description", "GenerateSecretString", "SecretString", "KmsKeyId", "Tags"]);
    const { Name: _name, GenerateSecretString: settings, ...definition } = resource.properties;
    const value = isMembers(settings) ? await generated(settings, provider) : {};
    const input = { ...definition, ...value, Name: resource.name, ClientRequestToken: randomUUID() };
    const answer = await provider.call("secretsmanager", "CreateSecret", input);
    return { ref: text(answer, "ARN"), attributes: { Id: text(answer, "ARN") } };
  },
  async update({ properties }, provider, existing) {
    const { Description, KmsKeyId, SecretString } = properties;
    const isNew = SecretString !== undefined && SecretString !== existing.properties["SecretString"];
    const value = isNew ? { SecretString, ClientRequestToken: randomUUID() } : {};
    await provider.call("secretsmanager", "UpdateSecret", { SecretId: existing.ref, Description, KmsKeyId, ...value });
    return same(existing);
  },
  async remove({ ref }, provider) {
    const input = { SecretId: ref, ForceDeleteWithoutRecovery: true };
    await provider.call("secretsmanager", "DeleteSecret", input);
  },
};

async function rotate(resource: ResourceToDeploy, provider: Provider, isFirst: boolean): Promise<DeployedResource> {
  allowOnly(resource, ["SecretId", "RotationLambdaARN", "RotationRules", "RotateImmediatelyOnUpdate"]);
  const { RotateImmediatelyOnUpdate: immediately = isFirst, ...definition } = resource.properties;
  const input = { ...definition, RotateImmediately: immediately, ClientRequestToken: randomUUID() };
  await provider.call("secretsmanager", "RotateSecret", input);
  return { ref: text(definition, "SecretId"), attributes: {} };
}

export const rotationSchedule: ResourceKind = {
  createOnly: ["SecretId"],
  create: async (resource, provider) => rotate(resource, provider, true),
  update: async (resource, provider) => rotate(resource, provider, true),
  async remove({ ref }, provider) {
    await provider.call("secretsmanager", "CancelRotateSecret", { SecretId: ref });
  },
};

export const key: ResourceKind = {
  createOnly: [],
  async create(resource, provider) {
    const { properties } = resource;
    allowOnly(resource, ["Description", "Enabled", "EnableKeyRotation", "KeyPolicy", "PendingWindowInDays", "Tags"]);
    const Policy = JSON.stringify(properties["KeyPolicy"]);
    const answer = await provider.call("kms", "CreateKey", { Description: properties["Description"], Policy });
    const { KeyId, Arn } = record(answer, "KeyMetadata");
    return { ref: String(KeyId), attributes: { Arn: String(Arn), KeyId: String(KeyId) } };
  },
  async update({ properties }, provider, existing) {
    const Policy = JSON.stringify(properties["KeyPolicy"]);
    await provider.call("kms", "PutKeyPolicy", { KeyId: existing.ref, PolicyName: "default", Policy });
    return same(existing);
  },
  async remove({ ref }, provider) {
    await provider.call("kms", "ScheduleKeyDeletion", { KeyId: ref });
  },
};

export const keyAlias: ResourceKind = {
  createOnly: ["AliasName"],
  name: { property: "AliasName", longest: 256, pattern: /^alias\/[\w/-]+$/u },
  async create(resource, provider) {
    allowOnly(resource, ["AliasName", "TargetKeyId"]);
    const input = { AliasName: resource.name, TargetKeyId: resource.properties["TargetKeyId"] };
    await provider.call("kms", "CreateAlias", input);
    return { ref: resource.name, attributes: {} };
  },
  async update(resource, provider, existing) {
    const input = { AliasName: resource.name, TargetKeyId: resource.properties["TargetKeyId"] };
    await provider.call("kms", "UpdateAlias", input);
    return same(existing);
  },
  async remove({ name }, provider) {
    await provider.call("kms", "DeleteAlias", { AliasName: name });
  },
};
