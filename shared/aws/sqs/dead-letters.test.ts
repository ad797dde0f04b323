import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import { redrive } from "./dead-letters.ts";

const soon = { timeout: 60_000 };
const call = { signal: AbortSignal.timeout(25_000) };
const arnOf = (queue: string): string => `arn:aws:sqs:us-east-1:123456789012:${queue}`;
const policyFor = (Service: string): string =>
  JSON.stringify({ Statement: { Effect: "Allow", Principal: { Service }, Action: "sqs:SendMessage", Resource: "*" } });

async function open() {
  const stack = await startStack();
  const sqs = new SQS({ ...stack.clientConfig, maxAttempts: 1 });
  const sns = new SNS(stack.clientConfig);
  const events = new EventBridge(stack.clientConfig);
  onTestFinished(async () => {
    for (const client of [sqs, sns, events]) client.destroy();
    await stack.stop();
  });
  const newQueue = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await sqs.createQueue({ QueueName, Attributes })).QueueUrl ?? "";
  const bodiesIn = (name: string) =>
    stack.sqs
      .queue(arnOf(name))
      ?.messages()
      .map(({ body }) => body);
  return { stack, sqs, sns, events, newQueue, bodiesIn };
}

test("dead letters go back to the queues that they came from", async () => {
  const { stack, sqs, sns, newQueue, bodiesIn } = await open();
  await newQueue("dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf("dead"), maxReceiveCount: 1 });
  for (const name of ["mirror", "announce"]) {
    const QueueUrl = await newQueue(name, { RedrivePolicy, VisibilityTimeout: "1" });
    await sqs.sendMessage({ QueueUrl, MessageBody: `for ${name}` });
    await sqs.receiveMessage({ QueueUrl });
    await stack.clock.advance(2_000);
    await sqs.receiveMessage({ QueueUrl });
  }
  expect(bodiesIn("dead")).toEqual(["for mirror", "for announce"]);
  expect(await redrive({ sqs, sns }, arnOf("dead"), call)).toBe(2);
  expect([bodiesIn("dead"), bodiesIn("mirror"), bodiesIn("announce")]).toEqual([[], ["for mirror"], ["for announce"]]);
  expect(await redrive({ sqs, sns }, arnOf("dead"), call)).toBe(0);
});

test("an event that a rule could not deliver reaches its queue and its topic once they are mended", async () => {
  const { stack, sqs, sns, events, newQueue, bodiesIn } = await open();
  await newQueue("undelivered", { Policy: policyFor("events.amazonaws.com") });
  const target = await newQueue("target");
  await newQueue("subscriber", { Policy: policyFor("sns.amazonaws.com") });
  const { TopicArn = "" } = await sns.createTopic({ Name: "topic" });
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: arnOf("subscriber") });
  await events.putRule({ Name: "rule", EventPattern: '{"source":["rekey"]}' });
  const DeadLetterConfig = { Arn: arnOf("undelivered") };
  await events.putTargets({
    Rule: "rule",
    Targets: [
      { Id: "queue", Arn: arnOf("target"), DeadLetterConfig },
      { Id: "topic", Arn: TopicArn, DeadLetterConfig },
    ],
  });
  await events.putEvents({
    Entries: [{ Source: "rekey", DetailType: "Secret Rotated", Detail: '{"versionId":"v1"}' }],
  });
  await expect.poll(() => bodiesIn("undelivered")?.length, soon).toBe(2);
  await sqs.setQueueAttributes({ QueueUrl: target, Attributes: { Policy: policyFor("events.amazonaws.com") } });

  expect(await redrive({ sqs, sns }, arnOf("undelivered"), call)).toBe(2);
  expect(bodiesIn("undelivered")).toEqual([]);
  expect(bodiesIn("target")).toEqual([expect.stringContaining('"versionId":"v1"')]);
  await expect.poll(() => bodiesIn("subscriber")?.length, soon).toBe(1);
  expect(stack.sqs.queue(arnOf("target"))?.messages()).toHaveLength(1);
});

test("a message of somebody else, a queue that is not there, and spent time are told apart", async () => {
  const { sqs, sns, newQueue } = await open();
  const clients = { sqs, sns };
  const QueueUrl = await newQueue("plain");
  expect(await redrive(clients, arnOf("plain"), call)).toBe(0);
  await sqs.sendMessage({ QueueUrl, MessageBody: "{}" });
  await expect(redrive(clients, arnOf("plain"), call)).rejects.toMatchObject({ code: "event-malformed" });
  await expect(redrive(clients, arnOf("nowhere"), call)).rejects.toMatchObject({ code: "queue-unavailable" });
  const spent = { signal: AbortSignal.abort() };
  await expect(redrive(clients, arnOf("plain"), spent)).rejects.toMatchObject({ code: "time-budget-spent" });
});
