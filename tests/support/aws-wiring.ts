import { randomUUID } from "node:crypto";
import {
  CreateEventBusCommand,
  type EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

/** A queue that EventBridge and SNS may send to. */
export async function openQueue(sqs: SQSClient): Promise<{ readonly url: string; readonly arn: string }> {
  const statement = {
    Effect: "Allow",
    Principal: { Service: ["events.amazonaws.com", "sns.amazonaws.com"] },
    Action: "sqs:SendMessage",
    Resource: "*",
  };
  const { QueueUrl = "" } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `queue-${randomUUID()}`,
      Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) },
    }),
  );
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  return { url: QueueUrl, arn: Attributes["QueueArn"] ?? "" };
}

export async function newBus(events: EventBridgeClient): Promise<string> {
  const Name = `bus-${randomUUID().slice(0, 8)}`;
  await events.send(new CreateEventBusCommand({ Name }));
  return Name;
}

/** Sends what fits the pattern to a target. */
export async function addRule(
  events: EventBridgeClient,
  rule: { readonly bus: string; readonly pattern: object; readonly targetArn: string },
): Promise<void> {
  const Name = `rule-${randomUUID().slice(0, 8)}`;
  const place = { EventBusName: rule.bus };
  await events.send(new PutRuleCommand({ ...place, Name, EventPattern: JSON.stringify(rule.pattern) }));
  await events.send(new PutTargetsCommand({ ...place, Rule: Name, Targets: [{ Id: "only", Arn: rule.targetArn }] }));
}

/** Takes the next message out of the queue; `undefined` when none comes as long as SQS waits. */
export async function takeMessage(sqs: SQSClient, QueueUrl: string): Promise<string | undefined> {
  const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  if (message === undefined) return undefined;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return message.Body;
}
