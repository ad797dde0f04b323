import { CreateTopicCommand, ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
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
