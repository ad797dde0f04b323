import { SQS } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { startStack } from "../../../local/stack.ts";
import { waitingLetters } from "./waiting-letters.ts";

const call = { signal: AbortSignal.timeout(20_000) };

test("dead-letter queues of the stack that hold something are told with how much; no other queue, and nothing is received", async () => {
  const stack = await startStack();
  const sqs = new SQS({ ...stack.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    sqs.destroy();
    await stack.stop();
  });
  const names = ["rekey-DeadLetterQueue-A1", "rekey-UndeliveredEventsQueue-B2", "rekey-eu-DeadLetterQueue-C3"];
  for (const QueueName of names) {
    const { QueueUrl } = await sqs.createQueue({ QueueName });
    if (QueueName.includes("Undelivered")) continue;
    for (const MessageBody of ["one", "two"]) await sqs.sendMessage({ QueueUrl, MessageBody });
  }
  const found = [{ queueArn: "arn:aws:sqs:us-east-1:123456789012:rekey-DeadLetterQueue-A1", messages: 2 }];
  expect(await waitingLetters(sqs, "rekey")(call)).toEqual(found);
  expect(await waitingLetters(sqs, "rekey")(call)).toEqual(found);
  expect(await waitingLetters(sqs, "nobody")(call)).toEqual([]);
  stack.aws.faults.inject({ service: "sqs", kind: "refuse" });
  expect(await waitingLetters(sqs, "rekey")(call)).toBeUndefined();
});
