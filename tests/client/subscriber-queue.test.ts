import { randomUUID } from "node:crypto";
import { CreateTopicCommand, ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { DeleteQueueCommand, ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AwsError } from "../../local/aws/service.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { createSubscriberQueue } from "../../shared/client/invalidation/subscriber-queue.ts";

let stack: Stack;
let sns: SNSClient;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await startStack();
  sns = new SNSClient(stack.clientConfig);
  sqs = new SQSClient(stack.clientConfig);
});
afterAll(async () => {
  sns.destroy();
  sqs.destroy();
  await stack.stop();
});

const queues = async (): Promise<readonly string[]> =>
  (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "rekey-subscriber-" }))).QueueUrls ?? [];

test("when the topic's filter policies are used up, an instance hears everything instead of nothing, and says so", async () => {
  const { TopicArn: topicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "full" }));
  const Attributes = { FilterPolicyScope: "MessageBody", FilterPolicy: '{"detail":{"secretName":["a"]}}' };
  for (let index = 0; index < 200; index += 1) {
    const Endpoint = `arn:aws:sqs:us-east-1:123456789012:instance-${index}`;
    await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: "sqs", Endpoint, Attributes }));
  }
  const queue = await createSubscriberQueue({ sqs, sns, topicArn, secrets: ["prod/orders"] });
  expect(queue.isFiltered).toBe(false);
  await queue.remove();
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }));
  expect(Subscriptions).toHaveLength(200);
  expect(await queues()).toEqual([]);
});

test("a topic that is not there, or secrets that cannot be filtered by, leave no queue behind", async () => {
  const topicArn = "arn:aws:sns:us-east-1:123456789012:nowhere";
  await expect(createSubscriberQueue({ sqs, sns, topicArn })).rejects.toThrow("does not exist");
  await expect(createSubscriberQueue({ sqs, sns, topicArn, secrets: [] })).rejects.toMatchObject({
    code: "option-invalid",
  });
  expect(await queues()).toEqual([]);
});

const quick = { requestTimeoutMs: 300 };
const newTopic = async (): Promise<string> =>
  (await sns.send(new CreateTopicCommand({ Name: `topic-${randomUUID()}` }))).TopicArn ?? "";
const removeLeftQueues = async (): Promise<void> => {
  for (const QueueUrl of await queues()) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
};

test.each(["CreateQueue", "GetQueueAttributes", "SetQueueAttributes", "Subscribe"])(
  "a %s that is never answered ends in time, names the step, and blocks no later start",
  async (operation) => {
    const topicArn = await newTopic();
    const fault = stack.aws.faults.inject({ kind: "late", operation, delayMs: 20_000 });
    await expect(createSubscriberQueue({ sqs, sns, topicArn, ...quick })).rejects.toMatchObject({
      code: "invalidation-unavailable",
      context: { operation, reason: "time-budget-spent" },
    });
    fault.remove();
    // A queue whose URL never came cannot be removed. Nothing is sent to it, and its name is nobody else's.
    expect(await queues()).toHaveLength(operation === "CreateQueue" ? 1 : 0);
    const queue = await createSubscriberQueue({ sqs, sns, topicArn });
    await queue.remove();
    await removeLeftQueues();
  },
);

test("a queue that an instance left behind when it was killed does not keep the next one from starting", async () => {
  const topicArn = await newTopic();
  const faults = ["SetQueueAttributes", "DeleteQueue"].map((operation) =>
    stack.aws.faults.inject({ kind: "refuse", operation }),
  );
  await expect(createSubscriberQueue({ sqs, sns, topicArn, ...quick })).rejects.toThrow(Error);
  for (const fault of faults) fault.remove();
  expect(await queues()).toHaveLength(1);
  const queue = await createSubscriberQueue({ sqs, sns, topicArn });
  await queue.remove();
  expect(await queues()).toHaveLength(1);
  await removeLeftQueues();
});

test("what may not be unsubscribed is reported, and the queue is removed all the same; removing it again is no error", async () => {
  const topicArn = await newTopic();
  const queue = await createSubscriberQueue({ sqs, sns, topicArn, ...quick });
  const error = new AwsError("AuthorizationError", "canary", 403);
  const fault = stack.aws.faults.inject({ kind: "error", operation: "Unsubscribe", error });
  await expect(queue.remove()).rejects.toMatchObject({ name: expect.stringMatching(/Authorization/) });
  expect(await queues()).toEqual([]);
  fault.remove();
  await queue.remove();
  await queue.remove();
});
