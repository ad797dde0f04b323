import type { Members } from "../../../shared/answers/members.ts";
import { text, textList, record } from "../../aws/members.ts";
import { AwsError } from "../../aws/service.ts";
import { initialQueueAttributes } from "../../sqs/queue-attributes.ts";
import type { DeployedResource } from "../intrinsics.ts";
import { TemplateError } from "../../../deploy/reading/read-template.ts";
import { allowOnly, asTexts, same, wordName, type Provider, type ResourceKind, type ResourceToDeploy } from "./kind.ts";

const queueSettings = ({ QueueName: _name, Tags: _tags, ...settings }: Members): Record<string, string> =>
  asTexts(settings);

/** The URL of the queue that has this name. */
async function queueUrl(provider: Provider, QueueName: string): Promise<string | undefined> {
  try {
    return text(await provider.call("sqs", "GetQueueUrl", { QueueName }), "QueueUrl");
  } catch (error) {
    if (error instanceof AwsError && error.type === "QueueDoesNotExist") return undefined;
    throw error;
  }
}

export const queue: ResourceKind = {
  createOnly: ["FifoQueue", "QueueName"],
  name: { property: "QueueName", longest: 80, pattern: /^[\w-]+(?:\.fifo)?$/u },
  async create({ logicalId, properties, name }, provider) {
    if ((await queueUrl(provider, name)) !== undefined)
      throw new TemplateError(`${logicalId}: a queue with the name ${name} already exists`);
    const Attributes = queueSettings(properties);
    const QueueUrl = text(await provider.call("sqs", "CreateQueue", { QueueName: name, Attributes }), "QueueUrl");
    const answer = await provider.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["QueueArn"] });
    const Arn = text(record(answer, "Attributes"), "QueueArn");
    return { ref: QueueUrl, attributes: { Arn, QueueName: name, QueueUrl } };
  },
  async update({ properties }, provider, existing) {
    const initial = initialQueueAttributes();
    const before = Object.keys(queueSettings(existing.properties)).map((name) => [name, initial.get(name) ?? ""]);
    const Attributes = { ...Object.fromEntries(before), ...queueSettings(properties) };
    await provider.call("sqs", "SetQueueAttributes", { QueueUrl: existing.ref, Attributes });
    return same(existing);
  },
  async remove({ ref }, provider) {
    await provider.call("sqs", "DeleteQueue", { QueueUrl: ref });
  },
};

async function setQueuePolicies(provider: Provider, urls: readonly string[], Policy: string): Promise<void> {
  for (const QueueUrl of urls) await provider.call("sqs", "SetQueueAttributes", { QueueUrl, Attributes: { Policy } });
}

async function putQueuePolicy(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  allowOnly(resource, ["Queues", "PolicyDocument"]);
  const policy = JSON.stringify(resource.properties["PolicyDocument"]);
  await setQueuePolicies(provider, textList(resource.properties, "Queues"), policy);
  return { ref: resource.logicalId, attributes: {} };
}

export const queuePolicy: ResourceKind = {
  createOnly: [],
  create: putQueuePolicy,
  async update(resource, provider, existing) {
    const kept = textList(resource.properties, "Queues");
    const left = textList(existing.properties, "Queues").filter((url) => !kept.includes(url));
    await setQueuePolicies(provider, left, "");
    return putQueuePolicy(resource, provider);
  },
  async remove({ properties }, provider) {
    await setQueuePolicies(provider, textList(properties, "Queues"), "");
  },
};

const topicSettings = ({ TopicName: _name, Tags: _tags, ...settings }: Members): Record<string, string> =>
  asTexts(settings);

async function setTopicAttribute(provider: Provider, TopicArn: string, name: string, value: string): Promise<void> {
  await provider.call("sns", "SetTopicAttributes", { TopicArn, AttributeName: name, AttributeValue: value });
}

export const topic: ResourceKind = {
  createOnly: ["FifoTopic", "TopicName"],
  name: wordName("TopicName", 256),
  async create(resource, provider) {
    const { logicalId, properties, name } = resource;
    allowOnly(resource, ["TopicName", "DisplayName", "Tags", "KmsMasterKeyId"]);
    const { Topics } = await provider.call("sns", "ListTopics", {});
    if (Array.isArray(Topics) && Topics.some(({ TopicArn }) => String(TopicArn).endsWith(`:${name}`)))
      throw new TemplateError(`${logicalId}: a topic with the name ${name} already exists`);
    const input = { Name: name, Attributes: topicSettings(properties) };
    const TopicArn = text(await provider.call("sns", "CreateTopic", input), "TopicArn");
    return { ref: TopicArn, attributes: { TopicArn, TopicName: name } };
  },
  async update({ properties }, provider, existing) {
    const before = Object.keys(topicSettings(existing.properties)).map((name) => [name, ""]);
    const settings = { ...Object.fromEntries(before), ...topicSettings(properties) };
    for (const [name, value] of Object.entries(settings))
      await setTopicAttribute(provider, existing.ref, name, String(value));
    return same(existing);
  },
  async remove({ ref }, provider) {
    await provider.call("sns", "DeleteTopic", { TopicArn: ref });
  },
};

async function putTopicPolicy(resource: ResourceToDeploy, provider: Provider): Promise<DeployedResource> {
  allowOnly(resource, ["Topics", "PolicyDocument"]);
  const policy = JSON.stringify(resource.properties["PolicyDocument"]);
  for (const arn of textList(resource.properties, "Topics")) await setTopicAttribute(provider, arn, "Policy", policy);
  return { ref: resource.logicalId, attributes: {} };
}

/** A topic that loses its policy is left with none; SNS gives it back its first one, which lets its own account in. */
async function clearTopicPolicies(provider: Provider, topics: readonly string[]): Promise<void> {
  for (const arn of topics) await setTopicAttribute(provider, arn, "Policy", "");
}

export const topicPolicy: ResourceKind = {
  createOnly: [],
  create: putTopicPolicy,
  async update(resource, provider, existing) {
    const kept = textList(resource.properties, "Topics");
    await clearTopicPolicies(
      provider,
      textList(existing.properties, "Topics").filter((arn) => !kept.includes(arn)),
    );
    return putTopicPolicy(resource, provider);
  },
  remove: async ({ properties }, provider) => clearTopicPolicies(provider, textList(properties, "Topics")),
};

const subscriptionSettings = ({ TopicArn: _t, Protocol: _p, Endpoint: _e, ...settings }: Members) => asTexts(settings);

export const subscription: ResourceKind = {
  createOnly: ["Endpoint", "Protocol", "TopicArn"],
  async create({ properties }, provider) {
    const { TopicArn, Protocol, Endpoint } = properties;
    const Attributes = subscriptionSettings(properties);
    const answer = await provider.call("sns", "Subscribe", { TopicArn, Protocol, Endpoint, Attributes });
    return { ref: text(answer, "SubscriptionArn"), attributes: { Arn: text(answer, "SubscriptionArn") } };
  },
  async update({ properties }, provider, existing) {
    for (const [AttributeName, AttributeValue] of Object.entries(subscriptionSettings(properties))) {
      const input = { SubscriptionArn: existing.ref, AttributeName, AttributeValue };
      await provider.call("sns", "SetSubscriptionAttributes", input);
    }
    return same(existing);
  },
  async remove({ ref }, provider) {
    await provider.call("sns", "Unsubscribe", { SubscriptionArn: ref });
  },
};
