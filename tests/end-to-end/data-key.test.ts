import { resolve } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { record, text } from "../../local/aws/members.ts";
import { startStack, type Stack } from "../../local/stack.ts";
import { takeMessage } from "../support/aws-wiring.ts";
import { roleConfig } from "../support/role-config.ts";

const soon = { timeout: 60_000 };
const templates = resolve(import.meta.dirname, "../../templates");
let stack: Stack;
let sqs: SQSClient;
let events: EventBridgeClient;
let key = "";
let bus = "";
let queueUrl = "";

beforeAll(async () => {
  stack = await startStack();
  sqs = new SQSClient(stack.clientConfig);
  events = new EventBridgeClient(roleConfig(stack, "rekey-AnnounceChangeRole", ["events:PutEvents"]));
  const made = await stack.deploy({ templatePath: resolve(templates, "data-key.yaml"), stackName: "rekey-key" });
  key = made.outputs["KeyArn"] ?? "";
  const { outputs } = await stack.deploy({ parameters: { DataKmsKeyArn: key, VaultAddress: "" } });
  bus = outputs["EventBusName"] ?? "";
  const service = await stack.deploy({
    templatePath: resolve(templates, "subscribers/service-queue.yaml"),
    stackName: "orders",
    parameters: {
      SecretRotatedTopicArn: outputs["SecretRotatedTopicArn"] ?? "",
      ServiceName: "orders",
      SecretNames: "db/orders",
      QueueKmsKeyArn: key,
    },
  });
  queueUrl = service.outputs["QueueUrl"] ?? "";
});
afterAll(async () => {
  sqs.destroy();
  events.destroy();
  await stack.stop();
});

async function announce(versionId: string): Promise<void> {
  const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf";
  const Detail = JSON.stringify({ secretArn, secretName: "db/orders", versionId });
  const entry = { EventBusName: bus, Source: "rekey", DetailType: "Secret Rotated", Detail };
  await events.send(new PutEventsCommand({ Entries: [entry] }));
}
const undelivered = (): string => {
  const queue = stack.sqs.queues().find(({ name }) => name.endsWith("UndeliveredEventsQueue"));
  return JSON.stringify(queue?.messages().map(({ attributes }) => attributes["ERROR_MESSAGE"]?.StringValue));
};
async function withPolicy(change: (policy: string) => string): Promise<() => Promise<void>> {
  const call = async (operation: string, input: Record<string, string>) => {
    const http = { method: "POST", path: "/", headers: {}, body: Buffer.alloc(0) };
    const principal = stack.aws.principals.administrator;
    const { body } = await stack.kms.handle({
      operation,
      input: { KeyId: key, ...input },
      region: "",
      principal,
      http,
    });
    return record({ body }, "body");
  };
  const Policy = text(await call("GetKeyPolicy", {}), "Policy");
  await call("PutKeyPolicy", { Policy: change(Policy) });
  return async () => void (await call("PutKeyPolicy", { Policy }));
}

test("with a data key an event goes through the encrypted topic to the encrypted queue of a service", async () => {
  await announce("one");
  await expect.poll(() => takeMessage(sqs, queueUrl), soon).toContain("one");
});

/** As it was: one statement for topic and queues, with a condition that EventBridge cannot meet where it publishes. */
const formerPolicy = JSON.stringify({
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "kms:*",
      Resource: "*",
    },
    {
      Effect: "Allow",
      Principal: { Service: ["events.amazonaws.com", "sns.amazonaws.com"] },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    },
  ],
});

test("a key that asks EventBridge for an account keeps every event from the topic, and the event says so", async () => {
  const restore = await withPolicy(() => formerPolicy);
  await announce("two");
  await expect.poll(undelivered, soon).toContain("events.amazonaws.com may not use the key of arn:aws:sns");
  await restore();
  await announce("three");
  expect(await takeMessage(sqs, queueUrl)).toContain("three");
});

test("a key that does not admit SNS keeps every event from a service's queue", async () => {
  const restore = await withPolicy((policy) => policy.replaceAll("sns.amazonaws.com", "ses.amazonaws.com"));
  await announce("four");
  await restore();
  await announce("five");
  expect(await takeMessage(sqs, queueUrl)).toContain("five");
});

test("a function whose role cannot use the key of its queue is refused, since it would never be invoked", async () => {
  const body = `
Transform: AWS::Serverless-2016-10-31
Parameters: { Key: { Type: String } }
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { KmsMasterKeyId: !Ref Key } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: "sqs:*", Resource: "*" }] } }]
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: dist/functions/reconcile
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Events: { Feed: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } } }`;
  const request = { name: "reader", folder: resolve(templates, ".."), parameters: { Key: key } };
  await expect(stack.stacks.deploy({ ...request, body })).rejects.toThrow(
    "ReaderFeed: its role may not read arn:aws:sqs:us-east-1:123456789012:reader-Queue, whose key is",
  );
});
