import { record, text } from "../../aws/members.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import { key, keyAlias, rotationSchedule, secret, table } from "./data.ts";
import { eventBus, eventBusPolicy, eventRule } from "./events.ts";
import { policy, role } from "./iam.ts";
import type { ResourceKind, ResourceToDeploy } from "./kind.ts";
import { eventInvokeConfig, eventSourceMapping, functionUrl, lambdaFunction, permission } from "./lambda.ts";
import { queue, queuePolicy, subscription, topic, topicPolicy } from "./messaging.ts";
import { recordedKinds } from "./recorded.ts";

const parametersOf = ({ properties }: ResourceToDeploy): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(record(properties, "Parameters")).map(([name, value]) => [name, String(value)]));

/** A stack within a stack; `Location` is what SAM calls it. */
const nestedStack: ResourceKind = {
  createOnly: [],
  async create(resource, { nested }) {
    return nested.deploy(resource.name, text(resource.properties, "TemplateURL"), parametersOf(resource));
  },
  async update(resource, { nested }) {
    return nested.deploy(resource.name, text(resource.properties, "TemplateURL"), parametersOf(resource));
  },
  async remove({ name }, { nested }) {
    await nested.remove(name);
  },
};

export const kinds: Readonly<Record<string, ResourceKind>> = {
  ...recordedKinds,
  "AWS::CloudFormation::Stack": nestedStack,
  "AWS::DynamoDB::Table": table,
  "AWS::Events::EventBus": eventBus,
  "AWS::Events::EventBusPolicy": eventBusPolicy,
  "AWS::Events::Rule": eventRule,
  "AWS::IAM::Policy": policy,
  "AWS::IAM::Role": role,
  "AWS::KMS::Alias": keyAlias,
  "AWS::KMS::Key": key,
  "AWS::Lambda::EventInvokeConfig": eventInvokeConfig,
  "AWS::Lambda::EventSourceMapping": eventSourceMapping,
  "AWS::Lambda::Function": lambdaFunction,
  "AWS::Lambda::Permission": permission,
  "AWS::Lambda::Url": functionUrl,
  "AWS::SNS::Subscription": subscription,
  "AWS::SNS::Topic": topic,
  "AWS::SNS::TopicPolicy": topicPolicy,
  "AWS::SQS::Queue": queue,
  "AWS::SQS::QueuePolicy": queuePolicy,
  "AWS::SecretsManager::RotationSchedule": rotationSchedule,
  "AWS::SecretsManager::Secret": secret,
};

/** Errors: `TemplateError` for a type that the local stack does not know. */
export function kindOf(logicalId: string, type: string): ResourceKind {
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) throw new TemplateError(`${logicalId}: resources of type ${type} are not supported`);
  return kind;
}
