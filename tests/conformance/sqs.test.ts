import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  type Message,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

let stack: Stack;
let sqs: SQSClient;
let count = 0;

beforeAll(async () => {
  stack = await startStack();
  sqs = new SQSClient(stack.clientConfig);
});
afterAll(async () => {
  sqs.destroy();
  await stack.stop();
});

const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;
async function newQueue(attributes: Record<string, string> = {}): Promise<{ name: string; QueueUrl: string }> {
  const name = `queue-${(count += 1)}`;
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  return { name, QueueUrl };
}
async function receive(QueueUrl: string, settings: { max?: number; hideSeconds?: number } = {}): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: settings.max ?? 10,
      ...(settings.hideSeconds === undefined ? {} : { VisibilityTimeout: settings.hideSeconds }),
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    }),
  );
  return Messages;
}
async function counts(QueueUrl: string): Promise<(string | undefined)[]> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  const name = "ApproximateNumberOfMessages";
  return [Attributes[name], Attributes[`${name}NotVisible`], Attributes[`${name}Delayed`]];
}

test("a message comes back with its body, attributes and digests that the SDK has verified", async () => {
  const { QueueUrl } = await newQueue();
  const sent = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: "snow ☃",
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "ü" },
        size: { DataType: "Number", StringValue: "12" },
        raw: { DataType: "Binary", BinaryValue: Buffer.from([0, 255]) },
      },
    }),
  );
  const [message] = await receive(QueueUrl);
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: "snow ☃",
    MD5OfBody: sent.MD5OfMessageBody,
    MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
    Attributes: { ApproximateReceiveCount: "1", SenderId: "arn:aws:iam::123456789012:root" },
    MessageAttributes: { kind: { StringValue: "ü" }, raw: { BinaryValue: new Uint8Array([0, 255]) } },
  });
});

test("a received message is hidden until its visibility timeout, then counts one more receipt", async () => {
  const { QueueUrl } = await newQueue({ VisibilityTimeout: "60" });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "once" }));
  await receive(QueueUrl);
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await counts(QueueUrl)).toEqual(["0", "1", "0"]);
  await stack.clock.advance(60_000);
  const [again] = await receive(QueueUrl);
  expect(again?.Attributes?.["ApproximateReceiveCount"]).toBe("2");
});

test("an old receipt deletes nothing, the newest one does, and no receipt at all is refused", async () => {
  const { QueueUrl } = await newQueue();
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  const [first] = await receive(QueueUrl, { hideSeconds: 0 });
  const [second] = await receive(QueueUrl, { hideSeconds: 0 });
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
  expect(await counts(QueueUrl)).toEqual(["1", "0", "0"]);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: second?.ReceiptHandle }));
  expect(await counts(QueueUrl)).toEqual(["0", "0", "0"]);
  const bad = sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" }));
  await expect(bad).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
});

test("a delayed message cannot be received before its time", async () => {
  const { QueueUrl } = await newQueue();
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "later", DelaySeconds: 900 }));
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await counts(QueueUrl)).toEqual(["0", "0", "1"]);
  await stack.clock.advance(900_000);
  expect(await receive(QueueUrl)).toHaveLength(1);
});

test("a long poll ends when a message arrives, and with nothing when its time is over", async () => {
  const { QueueUrl } = await newQueue();
  const poll = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
  const arriving = sqs.send(poll);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "now" }));
  await expect(arriving).resolves.toMatchObject({ Messages: [{ Body: "now" }] });
  const waiting = sqs.send(poll);
  const passing = setInterval(() => void stack.clock.advance(1_000), 5);
  await expect(waiting.finally(() => clearInterval(passing))).resolves.not.toHaveProperty("Messages");
});

test("a client that goes away in a long poll takes no message with it", async () => {
  const { QueueUrl } = await newQueue();
  const leaving = new AbortController();
  const arrived = stack.aws.faults.inject({ kind: "delay", delayMs: 0, operation: "ReceiveMessage", nth: 1 });
  const poll = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: leaving.signal });
  const refusal = poll.catch((error: unknown) => error);
  await expect.poll(() => arrived.matched, soon).toBe(1);
  const seen = stack.aws.requests.length;
  leaving.abort();
  expect(await refusal).toMatchObject({ name: "AbortError" });
  await expect.poll(() => stack.aws.requests.length, soon).toBeGreaterThan(seen);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "kept" }));
  expect(await receive(QueueUrl)).toHaveLength(1);
});

test("after maxReceiveCount receipts the message is in the dead-letter queue, and a move task brings it back", async () => {
  const dead = await newQueue();
  const { QueueUrl, name } = await newQueue({
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead.name), maxReceiveCount: 2 }),
  });
  const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
  expect([await receive(QueueUrl), await receive(QueueUrl)].flat()).toHaveLength(2);
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await receive(dead.QueueUrl, { hideSeconds: 0 })).toMatchObject([
    { MessageId, Body: "poison", Attributes: { DeadLetterQueueSourceArn: arnOf(name) } },
  ]);
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf(dead.name) }));
  expect(await counts(dead.QueueUrl)).toEqual(["0", "0", "0"]);
  expect(await receive(QueueUrl)).toMatchObject([{ MessageId }]);
  const noDeadLetters = sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf(name) }));
  await expect(noDeadLetters).rejects.toThrow("Source queue must be configured as a Dead Letter Queue.");
});

test("in a batch each entry succeeds or fails by itself; a batch with 11 entries or the same id twice fails as a whole", async () => {
  const { QueueUrl } = await newQueue();
  const entries = Array.from({ length: 11 }, (_, index) => ({ Id: `e${index}`, MessageBody: `body ${index}` }));
  const some = await sqs.send(
    new SendMessageBatchCommand({ QueueUrl, Entries: [...entries.slice(0, 2), { Id: "bad", MessageBody: "" }] }),
  );
  expect(some.Successful?.map(({ Id }) => Id)).toEqual(["e0", "e1"]);
  expect(some.Failed).toMatchObject([{ Id: "bad", SenderFault: true }]);
  const tooMany = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
  await expect(tooMany).rejects.toMatchObject({ name: "TooManyEntriesInBatchRequest" });
  const twice = [entries[0], entries[0]].filter((entry) => entry !== undefined);
  const repeated = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: twice }));
  await expect(repeated).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
  const received = await receive(QueueUrl);
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: received.map(({ ReceiptHandle }, index) => ({ Id: `d${index}`, ReceiptHandle })),
    }),
  );
  expect(await counts(QueueUrl)).toEqual(["0", "0", "0"]);
});

test("visibility can be given back early, but only of a message in flight", async () => {
  const { QueueUrl } = await newQueue();
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  const [message] = await receive(QueueUrl);
  const change = new ChangeMessageVisibilityCommand({
    QueueUrl,
    ReceiptHandle: message?.ReceiptHandle,
    VisibilityTimeout: 0,
  });
  await sqs.send(change);
  await expect(sqs.send(change)).rejects.toMatchObject({ name: "MessageNotInflight" });
  expect(await receive(QueueUrl)).toHaveLength(1);
});

test("a message is gone after the retention period", async () => {
  const { QueueUrl } = await newQueue({ MessageRetentionPeriod: "60" });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "old" }));
  await stack.clock.advance(60_000);
  expect(await counts(QueueUrl)).toEqual(["0", "0", "0"]);
});

test("queues are found, described, purged and deleted; an unknown one is QueueDoesNotExist", async () => {
  const { QueueUrl, name } = await newQueue();
  expect(await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).toMatchObject({ QueueUrl });
  const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }));
  expect(listed.QueueUrls).toContain(QueueUrl);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await counts(QueueUrl)).toEqual(["0", "0", "0"]);
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: name }))).rejects.toMatchObject({
    name: "QueueDoesNotExist",
    message: "The specified queue does not exist.",
  });
});

test.each([
  ["VisibilityTimeout", "43201", "InvalidAttributeValue"],
  ["MaximumMessageSize", "12", "InvalidAttributeValue"],
  ["RedrivePolicy", "{}", "InvalidAttributeValue"],
  ["Colour", "blue", "InvalidAttributeName"],
])("the attribute %s=%s is refused with %s", async (name, value, error) => {
  const { QueueUrl } = await newQueue();
  const set = sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { [name]: value } }));
  await expect(set).rejects.toMatchObject({ name: error });
});

test("making a queue again is fine with the same attributes and QueueNameExists with others", async () => {
  const { QueueUrl, name } = await newQueue({ VisibilityTimeout: "7" });
  const again = (seconds: string) =>
    sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: seconds } }));
  await expect(again("7")).resolves.toMatchObject({ QueueUrl });
  await expect(again("8")).rejects.toMatchObject({ name: "QueueNameExists" });
});
