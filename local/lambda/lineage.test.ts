import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { movableClock } from "../clock.ts";
import { startStack, type Stack } from "../stack.ts";

const sdk = pathToFileURL(createRequire(import.meta.url).resolve("@aws-sdk/client-sqs")).href;
/** Sends itself the next number, up to 30. */
const source = `
import { SQSClient, SendMessageCommand } from "${sdk}";
const sqs = new SQSClient({});
export async function handler({ Records: [{ body }] }) {
  console.log("ran " + body);
  if (Number(body) < 30) await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: String(Number(body) + 1) }));
}`;
const template = (loop: string): string => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Dead: { Type: AWS::SQS::Queue }
  Queue:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, Action: "sqs:*", Resource: "*" }] } }]
  Loop:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: index.handler
      Timeout: 30
      Role: !GetAtt Role.Arn
      RecursiveLoop: ${loop}
      Environment: { Variables: { QUEUE: !Ref Queue } }
      Events: { Feed: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn, BatchSize: 1 } } }
Outputs: { Url: { Value: !Ref Queue } }`;

const clock = movableClock();
let stack: Stack;
let sqs: SQSClient;
let folder = "";
beforeAll(async () => {
  stack = await startStack({ clock });
  sqs = new SQSClient(stack.clientConfig);
  folder = await mkdtemp(join(tmpdir(), "rekey-loop-"));
  await writeFile(join(folder, "index.mjs"), source);
});
afterAll(async () => {
  sqs.destroy();
  await stack.stop();
  clock.stop();
  await rm(folder, { recursive: true });
});

const ran = (name: string): number =>
  stack.lambda.logs.filter(({ functionName, line }) => functionName === `${name}-Loop` && line.startsWith("ran "))
    .length;
const messagesIn = (queue: string): readonly string[] =>
  stack.sqs
    .queue(`arn:aws:sqs:us-east-1:123456789012:${queue}`)
    ?.messages()
    .map(({ body }) => body) ?? [];
async function start(name: string, loop: string): Promise<void> {
  const { outputs } = await stack.stacks.deploy({ name, body: template(loop), folder, parameters: {} });
  await sqs.send(new SendMessageCommand({ QueueUrl: outputs["Url"], MessageBody: "1" }));
}

test("a function that sends to its own queue is stopped after 16 runs, and its message ends among the dead letters", async () => {
  await start("stopped", "Terminate");
  await expect.poll(() => ran("stopped")).toBe(16);
  // Until the last of its runs has ended, the message that it ran for is still in flight.
  await expect.poll(() => messagesIn("stopped-Queue")).toEqual(["17"]);
  await expect
    .poll(async () => {
      await clock.advance(31_000);
      return messagesIn("stopped-Dead");
    })
    .toEqual(["17"]);
  expect(ran("stopped")).toBe(16);
});

test("a function that may recur goes on", async () => {
  await start("allowed", "Allow");
  await expect.poll(() => ran("allowed")).toBe(30);
  expect(messagesIn("allowed-Dead")).toEqual([]);
});
