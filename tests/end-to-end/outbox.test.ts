import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import type { EventEnvelope } from "../../local/eventbridge/put-events.ts";
import { startStack } from "../../local/stack.ts";
import { outgoingEvent } from "../../shared/publishers/outgoing-event.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";

test("an event in the deployed outbox arrives when the bus is back, as it was when it was new", async () => {
  const stack = await startStack();
  const told: EventEnvelope[] = [];
  stack.eventBridge.onEvent((bus, event) => bus === "rekey" && told.push(event));
  const sqs = new SQSClient(stack.clientConfig);
  onTestFinished(async () => {
    sqs.destroy();
    await stack.stop();
  });
  await stack.deploy();
  const refusal = stack.aws.faults.inject({ service: "events", operation: "PutEvents", kind: "refuse" });
  const event = outgoingEvent(
    { type: "Secret Retired", secretArn, secretName: "db/app", versionId: "v2", retiredVersionId: "v1" },
    new Date("2026-01-02T03:04:05.678Z"),
  );
  const QueueUrl = `${stack.aws.endpoint}/123456789012/rekey-OutboxQueue`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  await expect.poll(() => refusal.struck, { timeout: 20_000 }).toBeGreaterThan(0);
  await stack.lambda.idle();
  expect(told).toEqual([]);
  stack.aws.faults.clear();
  await stack.clock.advance(60_000);
  await expect
    .poll(() => told, { timeout: 20_000 })
    .toMatchObject([{ "detail-type": "Secret Retired", detail: JSON.parse(event.detail) }]);
});
