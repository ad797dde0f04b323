import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { eventBridgePublisher } from "../../../shared/aws/eventbridge/event-publisher.ts";
import type { RotationEvent } from "../../../shared/events/rotation-event.ts";
import type { AwsUnderTest } from "../../support/aws-servers.ts";
import { addRule, newBus, openQueue, takeMessage } from "../../support/aws-wiring.ts";
import { inTime } from "../../support/mirror-entries.ts";
import { onEveryAwsServer } from "./on-every-aws-server.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/orders-AbCdEf";
const rotated: RotationEvent = {
  type: "Secret Rotated",
  secretArn,
  secretName: "prod/orders",
  versionId: "00000000-0000-4000-8000-000000000002",
  previousVersionId: "00000000-0000-4000-8000-000000000001",
  origin: "rotation",
  engine: "postgres",
  strategy: "single-user",
};
const failed: RotationEvent = {
  type: "Secret Rotation Failed",
  secretArn,
  secretName: "prod/orders",
  versionId: "00000000-0000-4000-8000-000000000002",
  step: "testSecret",
  code: "login-refused",
  disposition: "abort",
};

interface Clients {
  readonly events: EventBridgeClient;
  readonly sqs: SQSClient;
}

async function withClients(aws: AwsUnderTest, work: (clients: Clients) => Promise<void>): Promise<void> {
  const clients = { events: new EventBridgeClient(aws.clientConfig), sqs: new SQSClient(aws.clientConfig) };
  try {
    await work(clients);
  } finally {
    clients.events.destroy();
    clients.sqs.destroy();
  }
}

/** Publishes to a bus whose rule sends to a queue, and gives what arrives there next. */
async function published(
  { events, sqs }: Clients,
  pattern: object,
  ...sent: readonly RotationEvent[]
): Promise<Record<string, unknown>> {
  const bus = await newBus(events);
  const queue = await openQueue(sqs);
  await addRule(events, { bus, pattern, targetArn: queue.arn });
  for (const event of sent) await eventBridgePublisher(events, bus).publish(event, inTime());
  const body = await takeMessage(sqs, queue.url);
  return JSON.parse(body ?? "{}") as Record<string, unknown>;
}

onEveryAwsServer("publisher", {
  "an event that was published arrives in the queue behind the rule": async (aws) =>
    withClients(aws, async (clients) => {
      const { type, ...fields } = rotated;
      expect(await published(clients, { source: ["rekey"] }, rotated)).toMatchObject({
        version: "0",
        source: "rekey",
        "detail-type": type,
        region: "us-east-1",
        resources: [secretArn],
        detail: { ...fields, schemaVersion: 1, at: expect.stringMatching(/^\d{4}-.*Z$/) },
      });
    }),

  "the envelope names the account": async (aws) =>
    withClients(aws, async (clients) => {
      expect((await published(clients, { source: ["rekey"] }, rotated))["account"]).toBe("123456789012");
    }),

  "a rule for one type of event lets no other through": async (aws) =>
    withClients(aws, async (clients) => {
      const pattern = { source: ["rekey"], "detail-type": ["Secret Rotated"] };
      expect(await published(clients, pattern, failed, rotated)).toMatchObject({ "detail-type": "Secret Rotated" });
    }),

  "a rule for a prefix of names lets only those through": async (aws) =>
    withClients(aws, async (clients) => {
      const pattern = { detail: { secretName: [{ prefix: "stage/" }] } };
      const other = { ...rotated, secretName: "stage/orders" };
      expect(await published(clients, pattern, rotated, other)).toMatchObject({
        detail: { secretName: "stage/orders" },
      });
    }),

  "an event for a bus that does not exist is taken and dropped": async (aws) =>
    withClients(aws, async ({ events }) => {
      expect(await eventBridgePublisher(events, "no-such-bus").publish(rotated, inTime())).toBeUndefined();
    }),
});
