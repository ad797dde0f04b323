import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import { extendVisibility } from "./extend-visibility.ts";

const hour = 3_600_000;
const call = { signal: AbortSignal.timeout(20_000) };

async function open() {
  const stack = await startStack();
  const client = new SQSClient({ ...stack.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await stack.stop();
  });
  const { QueueUrl: queueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName: "waiting" }));
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "body" }));
  const receive = async (): Promise<Message | undefined> =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }))).Messages?.[0];
  const { Body: body = "", ReceiptHandle: receiptHandle = "" } = (await receive()) ?? {};
  const queue = { client, queueUrl, nowMs: () => stack.clock.now() };
  return { stack, queue, receive, message: { body, receiptHandle, sentAtMs: stack.clock.now() } };
}

test("a held message comes again when its time is over, and after 11 hours at the latest", async () => {
  const { stack, queue, receive, message } = await open();
  expect(await extendVisibility(queue, message, hour, call)).toBe("held");
  await stack.clock.advance(hour - 1_000);
  expect(await receive()).toBeUndefined();
  await stack.clock.advance(2_000);
  const again = await receive();
  expect(again?.Body).toBe("body");
  await extendVisibility(queue, { ...message, receiptHandle: again?.ReceiptHandle ?? "" }, 1_000 * hour, call);
  await stack.clock.advance(11 * hour + 1_000);
  expect((await receive())?.Body).toBe("body");
});

test("a message that SQS would soon forget is sent anew", async () => {
  const { stack, queue, receive, message } = await open();
  const old = { ...message, sentAtMs: stack.clock.now() - 13 * 24 * hour };
  expect(await extendVisibility(queue, old, hour, call)).toBe("renewed");
  expect((await receive())?.Body).toBe("body");
});

test("a queue that cannot be reached is queue-unavailable, and spent time is said", async () => {
  const { stack, queue, message } = await open();
  stack.aws.faults.inject({ service: "sqs", kind: "refuse" });
  await expect(extendVisibility(queue, message, hour, call)).rejects.toMatchObject({ code: "queue-unavailable" });
  const spent = { signal: AbortSignal.abort() };
  await expect(extendVisibility(queue, message, hour, spent)).rejects.toMatchObject({ code: "time-budget-spent" });
});
