import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient, type Message } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";

let stack: Stack;
let sqs: SQSClient;
let sns: SNSClient;
let count = 0;

beforeAll(async () => {
  stack = await startStack();
  sqs = new SQSClient(stack.clientConfig);
  sns = new SNSClient(stack.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  sns.destroy();
  await stack.stop();
});

async function newTopic(): Promise<string> {
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: `topic-${(count += 1)}` }));
  return TopicArn;
}
async function newQueue(topicArn?: string): Promise<{ QueueUrl: string; arn: string }> {
  const QueueName = `subscriber-${(count += 1)}`;
  const arn = `arn:aws:sqs:us-east-1:123456789012:${QueueName}`;
  const statement = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
  };
  const Attributes = topicArn === undefined ? {} : { Policy: JSON.stringify({ Statement: [statement] }) };
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return { QueueUrl, arn };
}
const subscribe = async (TopicArn: string, Endpoint: string, Attributes: Record<string, string> = {}) =>
  sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes, ReturnSubscriptionArn: true }));
async function received(QueueUrl: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] });
  return (await sqs.send(command)).Messages ?? [];
}

test("a queue gets the notification with its topic, subject and attributes", async () => {
  const TopicArn = await newTopic();
  const { QueueUrl, arn } = await newQueue(TopicArn);
  await subscribe(TopicArn, arn);
  const { MessageId } = await sns.send(
    new PublishCommand({
      TopicArn,
      Subject: "hello",
      Message: "<snow & ☃>",
      MessageAttributes: { kind: { DataType: "String", StringValue: "a" } },
    }),
  );
  const [message] = await received(QueueUrl);
  expect(JSON.parse(message?.Body ?? "")).toMatchObject({
    Type: "Notification",
    MessageId,
    TopicArn,
    Subject: "hello",
    Message: "<snow & ☃>",
    MessageAttributes: { kind: { Type: "String", Value: "a" } },
  });
});

test("raw delivery passes the message and its attributes on as they are", async () => {
  const TopicArn = await newTopic();
  const { QueueUrl, arn } = await newQueue(TopicArn);
  await subscribe(TopicArn, arn, { RawMessageDelivery: "true" });
  const MessageAttributes = { kind: { DataType: "String", StringValue: "a" } };
  await sns.send(new PublishCommand({ TopicArn, Message: '{"a":1}', MessageAttributes }));
  expect(await received(QueueUrl)).toMatchObject([{ Body: '{"a":1}', MessageAttributes }]);
});

test.each([
  ["MessageAttributes", { kind: ["rotated"] }, { kind: "rotated" }, { kind: "failed" }],
  ["MessageBody", { detail: { secretName: [{ prefix: "db/" }] } }, { secretName: "db/a" }, { secretName: "api/a" }],
])("a filter policy over %s lets through what fits", async (scope, policy, fits, differs) => {
  const TopicArn = await newTopic();
  const { QueueUrl, arn } = await newQueue(TopicArn);
  await subscribe(TopicArn, arn, { FilterPolicyScope: scope, FilterPolicy: JSON.stringify(policy) });
  for (const content of [differs, fits]) {
    await sns.send(
      new PublishCommand({
        TopicArn,
        Message: JSON.stringify({ detail: content }),
        MessageAttributes: Object.fromEntries(
          Object.entries(content).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
        ),
      }),
    );
  }
  const messages = await received(QueueUrl);
  expect(messages.map(({ Body = "" }) => JSON.parse(JSON.parse(Body).Message))).toEqual([{ detail: fits }]);
});

test("a queue whose policy does not let SNS in gets nothing, and the dead-letter queue gets it instead", async () => {
  const TopicArn = await newTopic();
  const closed = await newQueue();
  const dead = await newQueue(TopicArn);
  await subscribe(TopicArn, closed.arn, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
  await sns.send(new PublishCommand({ TopicArn, Message: "x" }));
  expect(await received(dead.QueueUrl)).toHaveLength(1);
  expect(await received(closed.QueueUrl)).toEqual([]);
});

test("subscriptions are listed and described, the same one twice is one, and an unsubscribed one gets nothing", async () => {
  const TopicArn = await newTopic();
  const { QueueUrl, arn } = await newQueue(TopicArn);
  const { SubscriptionArn } = await subscribe(TopicArn, arn, { RawMessageDelivery: "true" });
  expect((await subscribe(TopicArn, arn)).SubscriptionArn).toBe(SubscriptionArn);
  const listed = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(listed.Subscriptions).toMatchObject([{ SubscriptionArn, TopicArn, Protocol: "sqs", Endpoint: arn }]);
  const described = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
  expect(described.Attributes).toMatchObject({ RawMessageDelivery: "true", Owner: "123456789012" });
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await sns.send(new PublishCommand({ TopicArn, Message: "x" }));
  expect(await received(QueueUrl)).toEqual([]);
});

test("a batch is published entry by entry", async () => {
  const TopicArn = await newTopic();
  const { QueueUrl, arn } = await newQueue(TopicArn);
  await subscribe(TopicArn, arn, { RawMessageDelivery: "true" });
  const entries = ["a", "b"].map((Message, index) => ({ Id: `m${index}`, Message }));
  const batch = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
  expect(batch.Successful?.map(({ Id }) => Id)).toEqual(["m0", "m1"]);
  expect((await received(QueueUrl)).map(({ Body }) => Body)).toEqual(["a", "b"]);
});

test("a deleted topic is NotFound, and a protocol that nobody serves here is refused", async () => {
  const TopicArn = await newTopic();
  const email = sns.send(new SubscribeCommand({ TopicArn, Protocol: "email", Endpoint: "a@example.com" }));
  await expect(email).rejects.toMatchObject({ name: "InvalidParameterException" });
  await sns.send(new DeleteTopicCommand({ TopicArn }));
  const gone = sns.send(new PublishCommand({ TopicArn, Message: "x" }));
  await expect(gone).rejects.toMatchObject({ name: "NotFoundException" });
});
