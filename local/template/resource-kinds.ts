import { randomUUID } from "node:crypto";
import { isMembers, list, optionalText, record, text, textList, type Members } from "../aws/members.ts";
import { asPolicyDocument, readPolicyDocument } from "../aws/policy-document.ts";
import type { PolicyDocument } from "../aws/service.ts";
import type { FunctionDefinition } from "../lambda/deployed-function.ts";
import type { DeployedResource } from "./intrinsics.ts";
import { TemplateError } from "./read-template.ts";

/** What resources are made with: the services' own operations, as CloudFormation calls them. */
export interface Provider {
  readonly stackName: string;
  readonly accountId: string;
  call(service: string, operation: string, input: Members): Promise<Members>;
  deployFunction(definition: FunctionDefinition): Promise<string>;
  /** The roles made so far, by ARN. */
  readonly roles: Map<string, readonly PolicyDocument[]>;
  mapQueue(functionName: string, queueArn: string, settings: Members): void;
  /** A path relative to the template's folder. */
  path(relative: string): string;
  /** Variables that are added to every function's. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ResourceToDeploy {
  readonly logicalId: string;
  /** With all functions worked out. */
  readonly properties: Members;
}

export type ResourceKind = (resource: ResourceToDeploy, provider: Provider) => Promise<DeployedResource>;

/** Refuses a property that would silently mean nothing here. */
export function allowOnly({ logicalId, properties }: ResourceToDeploy, names: readonly string[]): void {
  const unknown = Object.keys(properties).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TemplateError(`${logicalId}: the property ${unknown} is not supported`);
}

const nothing: Readonly<Record<string, string>> = {};
const nameOf = ({ logicalId, properties }: ResourceToDeploy, member: string, provider: Provider): string =>
  optionalText(properties, member) ?? `${provider.stackName}-${logicalId}`;
const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const eventBus: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["Name", "Description", "Tags"]);
  const name = text(resource.properties, "Name");
  const answer = await provider.call("events", "CreateEventBus", { Name: name });
  return { ref: name, attributes: { Arn: text(answer, "EventBusArn"), Name: name } };
};

/** One statement of a bus's policy; other resources may have put theirs. */
const eventBusPolicy: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["EventBusName", "StatementId", "Statement"]);
  const EventBusName = text(resource.properties, "EventBusName");
  const StatementId = text(resource.properties, "StatementId");
  const { Policy } = await provider.call("events", "DescribeEventBus", { Name: EventBusName });
  const others = typeof Policy === "string" ? readPolicyDocument(Policy).Statement : [];
  const Statement = [others, { Sid: StatementId, ...record(resource.properties, "Statement") }].flat();
  await provider.call("events", "PutPermission", { EventBusName, Policy: JSON.stringify({ Statement }) });
  return { ref: StatementId, attributes: nothing };
};

export const eventRule: ResourceKind = async (resource, provider) => {
  const { properties } = resource;
  const name = nameOf(resource, "Name", provider);
  // A schedule has no local effect: what it would send is sent by whoever runs the stack, when it is wanted.
  if (properties["ScheduleExpression"] !== undefined) return { ref: name, attributes: { Arn: name } };
  allowOnly(resource, ["Name", "Description", "EventBusName", "EventPattern", "State", "Targets"]);
  const { Targets: targets = [], ...definition } = properties;
  const EventPattern = JSON.stringify(record(properties, "EventPattern"));
  const answer = await provider.call("events", "PutRule", { ...definition, Name: name, EventPattern });
  const put = { Rule: name, EventBusName: properties["EventBusName"], Targets: targets };
  await provider.call("events", "PutTargets", put);
  return { ref: name, attributes: { Arn: text(answer, "RuleArn") } };
};

const queue: ResourceKind = async (resource, provider) => {
  const { QueueName: _name, Tags: _tags, KmsMasterKeyId: _key, ...settings } = resource.properties;
  const attributes = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, asText(value)]));
  const name = nameOf(resource, "QueueName", provider);
  const QueueUrl = text(
    await provider.call("sqs", "CreateQueue", { QueueName: name, Attributes: attributes }),
    "QueueUrl",
  );
  const answer = await provider.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["QueueArn"] });
  const Arn = text(record(answer, "Attributes"), "QueueArn");
  return { ref: QueueUrl, attributes: { Arn, QueueName: name, QueueUrl } };
};

const queuePolicy: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["Queues", "PolicyDocument"]);
  const Policy = JSON.stringify(resource.properties["PolicyDocument"]);
  for (const QueueUrl of textList(resource.properties, "Queues")) {
    await provider.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy } });
  }
  return { ref: resource.logicalId, attributes: nothing };
};

const topic: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["TopicName", "DisplayName", "Tags", "KmsMasterKeyId"]);
  const name = nameOf(resource, "TopicName", provider);
  const TopicArn = text(await provider.call("sns", "CreateTopic", { Name: name }), "TopicArn");
  return { ref: TopicArn, attributes: { TopicArn, TopicName: name } };
};

const topicPolicy: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["Topics", "PolicyDocument"]);
  const AttributeValue = JSON.stringify(resource.properties["PolicyDocument"]);
  for (const TopicArn of textList(resource.properties, "Topics")) {
    await provider.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: "Policy", AttributeValue });
  }
  return { ref: resource.logicalId, attributes: nothing };
};

const subscription: ResourceKind = async (resource, provider) => {
  const { TopicArn, Protocol, Endpoint, ...settings } = resource.properties;
  const Attributes = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, asText(value)]));
  const answer = await provider.call("sns", "Subscribe", { TopicArn, Protocol, Endpoint, Attributes });
  return { ref: text(answer, "SubscriptionArn"), attributes: { Arn: text(answer, "SubscriptionArn") } };
};

const permission: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"]);
  await provider.call("lambda", "AddPermission", { ...resource.properties, StatementId: resource.logicalId });
  return { ref: resource.logicalId, attributes: nothing };
};

const table: ResourceKind = async (resource, provider) => {
  const { properties } = resource;
  const onlyOnAws = ["PointInTimeRecoverySpecification", "SSESpecification", "TimeToLiveSpecification", "Tags"];
  allowOnly(resource, ["TableName", "AttributeDefinitions", "BillingMode", "KeySchema", ...onlyOnAws]);
  const TableName = nameOf(resource, "TableName", provider);
  const { AttributeDefinitions, BillingMode, KeySchema } = properties;
  const input = { TableName, AttributeDefinitions, BillingMode, KeySchema };
  const answer = await provider.call("dynamodb", "CreateTable", input);
  return { ref: TableName, attributes: { Arn: text(record(answer, "TableDescription"), "TableArn") } };
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

const secret: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["Name", "Description", "GenerateSecretString", "SecretString", "KmsKeyId", "Tags"]);
  const { Name: _name, GenerateSecretString: settings, ...definition } = resource.properties;
  const value = isMembers(settings) ? await generated(settings, provider) : {};
  const input = { ...definition, ...value, Name: nameOf(resource, "Name", provider), ClientRequestToken: randomUUID() };
  const answer = await provider.call("secretsmanager", "CreateSecret", input);
  return { ref: text(answer, "ARN"), attributes: { Id: text(answer, "ARN") } };
};

const rotationSchedule: ResourceKind = async (resource, provider) => {
  allowOnly(resource, ["SecretId", "RotationLambdaARN", "RotationRules", "RotateImmediatelyOnUpdate"]);
  const { RotateImmediatelyOnUpdate: RotateImmediately = true, ...definition } = resource.properties;
  const ClientRequestToken = randomUUID();
  const input = { ...definition, RotateImmediately, ClientRequestToken };
  await provider.call("secretsmanager", "RotateSecret", input);
  return { ref: text(definition, "SecretId"), attributes: nothing };
};

/** What its managed policies allow is Lambda's own business, which here needs no right. */
const role: ResourceKind = async (resource, provider) => {
  const onlyOnAws = ["ManagedPolicyArns", "Path", "PermissionsBoundary", "Tags"];
  allowOnly(resource, ["AssumeRolePolicyDocument", "Policies", "RoleName", ...onlyOnAws]);
  const name = nameOf(resource, "RoleName", provider);
  const Arn = `arn:aws:iam::${provider.accountId}:role/${name}`;
  const policies = list(resource.properties, "Policies").filter(isMembers);
  provider.roles.set(
    Arn,
    policies.map((policy) => asPolicyDocument(record(policy, "PolicyDocument"))),
  );
  return { ref: name, attributes: { Arn } };
};

/** Kinds that mean something only on AWS; a reference to one gives a name. */
const withoutLocalEffect = [
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::Events::Archive",
  "AWS::IAM::ManagedPolicy",
  "AWS::Logs::LogGroup",
];

const noEffect: ResourceKind = async ({ logicalId, properties }, { stackName }) => {
  const given = optionalText(properties, "LogGroupName") ?? optionalText(properties, "AlarmName");
  const name = given ?? `${stackName}-${logicalId}`;
  return { ref: name, attributes: { Arn: name } };
};

export const resourceKinds: Readonly<Record<string, ResourceKind>> = {
  "AWS::DynamoDB::Table": table,
  "AWS::Events::EventBus": eventBus,
  "AWS::Events::EventBusPolicy": eventBusPolicy,
  "AWS::Events::Rule": eventRule,
  "AWS::IAM::Role": role,
  "AWS::Lambda::Permission": permission,
  "AWS::SNS::Subscription": subscription,
  "AWS::SNS::Topic": topic,
  "AWS::SNS::TopicPolicy": topicPolicy,
  "AWS::SQS::Queue": queue,
  "AWS::SQS::QueuePolicy": queuePolicy,
  "AWS::SecretsManager::RotationSchedule": rotationSchedule,
  "AWS::SecretsManager::Secret": secret,
  ...Object.fromEntries(withoutLocalEffect.map((type) => [type, noEffect])),
};
