import { randomUUID } from "node:crypto";
import type { Deliver, DeliveryTarget, MessageAttributes } from "../aws/delivery.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, recordList, text, textRecord } from "../aws/members.ts";
import { readPolicyDocument } from "../aws/policy-document.ts";
import { deliverWithRetries } from "../aws/retrying-delivery.ts";
import { AwsError } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { readMessageAttributes } from "../sqs/message-attributes.ts";
import { compileFilter } from "./filter-policy.ts";
import { toDelivery, type Notification, type Subscription } from "./notification.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface SnsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** How subscribers are reached. */
  readonly deliver: Deliver;
}

interface Topic {
  readonly arn: string;
  readonly attributes: Map<string, string>;
  readonly subscriptions: Map<string, Subscription>;
}

const invalid = (message: string): AwsError => new AwsError("InvalidParameter", `Invalid parameter: ${message}`);
const notFound = (what: string): AwsError => new AwsError("NotFound", `${what} does not exist`, 404);
const largestMessageBytes = 262_144;
/** For SQS and Lambda, SNS goes on for 23 days. */
const retryPolicy = { maximumRetries: 100_015, maximumAgeMs: 23 * 86_400_000 };
/** AWS's default quota. */
const filtersOfTopic = 200;
const topicAttributes = new Set(["DisplayName", "Policy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"]);
const subscriptionAttributes = new Set(["RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);

function checkNames(attributes: Readonly<Record<string, string>>, known: ReadonlySet<string>): void {
  const unknown = Object.keys(attributes).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalid(`AttributeName: ${unknown} is not emulated`);
}

function checkFilterQuota(topic: Topic, policy: string | undefined): void {
  const filtered = [...topic.subscriptions.values()].filter(({ attributes }) => attributes.has("FilterPolicy"));
  if (policy !== undefined && filtered.length >= filtersOfTopic) {
    throw new AwsError("FilterPolicyLimitExceeded", "Filter policy limit exceeded for this topic.", 403);
  }
}

function deadLetterArn(redrivePolicy = "{}"): string | undefined {
  try {
    const policy: unknown = JSON.parse(redrivePolicy);
    return isMembers(policy) ? optionalText(policy, "deadLetterTargetArn") : undefined;
  } catch {
    throw invalid("RedrivePolicy: failed to parse JSON");
  }
}

/** Amazon SNS in memory: standard topics with subscriptions of SQS queues and Lambda functions. */
export function createSns({ clock, region, accountId, deliver }: SnsOptions): DeliveryTarget {
  const topics = new Map<string, Topic>();
  const topicOf = (input: Members, member = "TopicArn"): Topic => {
    const topic = topics.get(text(input, member));
    if (topic === undefined) throw notFound("Topic");
    return topic;
  };
  const subscriptionOf = (input: Members): { topic: Topic; subscription: Subscription } => {
    const arn = text(input, "SubscriptionArn");
    const topic = topics.get(arn.slice(0, arn.lastIndexOf(":")));
    const subscription = topic?.subscriptions.get(arn);
    if (topic === undefined || subscription === undefined) throw notFound("Subscription");
    return { topic, subscription };
  };
  const listed = (subscriptions: readonly Subscription[]): Members => ({
    Subscriptions: subscriptions.map(({ arn, owner, protocol, endpoint, topicArn }) => ({
      SubscriptionArn: arn,
      Owner: owner,
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: topicArn,
    })),
  });

  const send = async (subscription: Subscription, notification: Notification): Promise<void> => {
    const delivery = toDelivery(subscription, notification);
    const givenUp = await deliverWithRetries(deliver, clock, delivery, retryPolicy);
    const deadLetters = deadLetterArn(subscription.attributes.get("RedrivePolicy"));
    if (givenUp !== undefined && deadLetters !== undefined) await deliver({ ...delivery, targetArn: deadLetters });
  };

  const publish = (topic: Topic, message: string, attributes: MessageAttributes, subject?: string): string => {
    if (message === "") throw invalid("Empty message");
    if (Buffer.byteLength(message) > largestMessageBytes) throw invalid("Message too long");
    const notification: Notification = {
      id: randomUUID(),
      topicArn: topic.arn,
      message,
      ...defined({ subject }),
      attributes,
      timestamp: new Date(clock.now()).toISOString(),
    };
    for (const subscription of topic.subscriptions.values()) {
      const { attributes: settings } = subscription;
      const passes = compileFilter(settings.get("FilterPolicy"), settings.get("FilterPolicyScope"));
      if (passes(message, attributes)) void send(subscription, notification);
    }
    return notification.id;
  };
  const publishInput = (topic: Topic, input: Members): string => {
    if (optionalText(input, "MessageStructure") !== undefined) throw invalid("MessageStructure is not emulated");
    return publish(topic, text(input, "Message"), readMessageAttributes(input), optionalText(input, "Subject"));
  };

  const operations: Readonly<Record<string, (input: Members) => Members>> = {
    CreateTopic: (input) => {
      const name = text(input, "Name");
      const attributes = textRecord(input, "Attributes");
      if (!/^[\w-]{1,256}$/u.test(name)) throw invalid("Topic Name");
      checkNames(attributes, topicAttributes);
      const arn = `arn:aws:sns:${region}:${accountId}:${name}`;
      const topic = topics.get(arn) ?? { arn, attributes: new Map(), subscriptions: new Map() };
      for (const [key, value] of Object.entries(attributes)) topic.attributes.set(key, value);
      topics.set(arn, topic);
      return { TopicArn: arn };
    },
    DeleteTopic: (input) => {
      topics.delete(text(input, "TopicArn"));
      return {};
    },
    ListTopics: () => ({ Topics: [...topics.keys()].map((TopicArn) => ({ TopicArn })) }),
    GetTopicAttributes: (input) => {
      const { arn, attributes, subscriptions } = topicOf(input);
      const counted = { TopicArn: arn, Owner: accountId, SubscriptionsConfirmed: String(subscriptions.size) };
      return { Attributes: new Map([...Object.entries(counted), ...attributes]) };
    },
    SetTopicAttributes: (input) => {
      const name = text(input, "AttributeName");
      const value = optionalText(input, "AttributeValue") ?? "";
      checkNames({ [name]: value }, topicAttributes);
      const { attributes } = topicOf(input);
      if (name === "Policy" && value !== "") readPolicyDocument(value);
      if (value === "") attributes.delete(name);
      else attributes.set(name, value);
      return {};
    },
    Subscribe: (input) => {
      const topic = topicOf(input);
      const protocol = text(input, "Protocol");
      const endpoint = text(input, "Endpoint");
      const attributes = textRecord(input, "Attributes");
      if (protocol !== "sqs" && protocol !== "lambda") throw invalid(`Protocol: ${protocol} is not emulated`);
      if (endpoint.split(":")[2] !== protocol) throw invalid(`${protocol} endpoint ARN`);
      checkNames(attributes, subscriptionAttributes);
      compileFilter(attributes["FilterPolicy"], attributes["FilterPolicyScope"]);
      deadLetterArn(attributes["RedrivePolicy"]);
      const same = [...topic.subscriptions.values()].find(
        (other) => other.endpoint === endpoint && other.protocol === protocol,
      );
      if (same !== undefined) return { SubscriptionArn: same.arn };
      checkFilterQuota(topic, attributes["FilterPolicy"]);
      const arn = `${topic.arn}:${randomUUID()}`;
      const settings = new Map(Object.entries(attributes));
      topic.subscriptions.set(arn, {
        arn,
        topicArn: topic.arn,
        protocol,
        endpoint,
        owner: accountId,
        attributes: settings,
      });
      return { SubscriptionArn: arn };
    },
    Unsubscribe: (input) => {
      const { topic, subscription } = subscriptionOf(input);
      topic.subscriptions.delete(subscription.arn);
      return {};
    },
    ListSubscriptions: () => listed([...topics.values()].flatMap(({ subscriptions }) => [...subscriptions.values()])),
    ListSubscriptionsByTopic: (input) => listed([...topicOf(input).subscriptions.values()]),
    GetSubscriptionAttributes: (input) => {
      const { arn, topicArn, protocol, endpoint, owner, attributes } = subscriptionOf(input).subscription;
      const fixed = {
        SubscriptionArn: arn,
        TopicArn: topicArn,
        Protocol: protocol,
        Endpoint: endpoint,
        Owner: owner,
        PendingConfirmation: "false",
      };
      return { Attributes: new Map([...Object.entries(fixed), ...attributes]) };
    },
    SetSubscriptionAttributes: (input) => {
      const name = text(input, "AttributeName");
      const value = optionalText(input, "AttributeValue") ?? "";
      const { attributes } = subscriptionOf(input).subscription;
      checkNames({ [name]: value }, subscriptionAttributes);
      if (name === "FilterPolicy") compileFilter(value, attributes.get("FilterPolicyScope"));
      if (name === "RedrivePolicy") deadLetterArn(value);
      attributes.set(name, value);
      return {};
    },
    Publish: (input) => {
      const topic = topicOf(input, optionalText(input, "TopicArn") === undefined ? "TargetArn" : "TopicArn");
      return { MessageId: publishInput(topic, input) };
    },
    PublishBatch: (input) => {
      const topic = topicOf(input);
      const entries = recordList(input, "PublishBatchRequestEntries");
      if (entries.length === 0)
        throw new AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.");
      if (entries.length > 10)
        throw new AwsError("TooManyEntriesInBatchRequest", "The batch has more than 10 entries.");
      const published = entries.map((entry) => ({ Id: text(entry, "Id"), MessageId: publishInput(topic, entry) }));
      return { Successful: published, Failed: [] };
    },
  };

  return {
    name: "sns",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
    action: (operation) => (operation === "PublishBatch" ? "Publish" : operation),
    resources({ input }) {
      const arn = input["TopicArn"] ?? input["TargetArn"];
      if (typeof arn === "string") return [arn];
      const name = input["Name"];
      if (typeof name === "string") return [`arn:aws:sns:${region}:${accountId}:${name}`];
      const subscription = input["SubscriptionArn"];
      return typeof subscription === "string" ? [subscription.slice(0, subscription.lastIndexOf(":"))] : [];
    },
    conditionKeys({ input }) {
      const keys = ["Protocol", "Endpoint"].map((name) => [`sns:${name}`, optionalText(input, name)] as const);
      return Object.fromEntries(keys.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
    },
    resourcePolicy(arn) {
      const policy = topics.get(arn)?.attributes.get("Policy");
      return policy === undefined ? undefined : readPolicyDocument(policy);
    },
    async handle({ operation, input }) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError("InvalidAction", `The action ${operation} is not emulated.`);
      return { body: run(input) };
    },
    exists: (arn) => topics.has(arn),
    keyOf: (arn) => topics.get(arn)?.attributes.get("KmsMasterKeyId"),
    async accept({ targetArn, body, messageAttributes = {} }) {
      const topic = topics.get(targetArn);
      if (topic !== undefined) publish(topic, body, messageAttributes);
    },
  };
}
