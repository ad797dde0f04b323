import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { AddPermissionCommand, GetPolicyCommand, InvokeCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LambdaStage, startLambdaStage } from "../support/lambda-stage.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

let stage: LambdaStage;
beforeAll(async () => {
  stage = await startLambdaStage();
});
afterAll(async () => stage.stop());

test("an asynchronous invocation is tried three times, then told to its destination by the function's role", async () => {
  const { queue } = await stage.newQueue();
  const policies = [{ Statement: { Effect: "Allow" as const, Action: "sqs:SendMessage", Resource: queue.arn } }];
  const { name, arn } = await stage.deploy('throw new Error("no");', {
    asynchronous: { onFailureArn: queue.arn },
    policies,
  });
  const command = new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload: '{"a":1}' });
  expect((await stage.lambda.send(command)).StatusCode).toBe(202);
  const tries = () => stage.logged(name).length;
  await expect.poll(tries, soon).toBe(1);
  await stage.stack.lambda.idle();
  await stage.stack.clock.advance(60_000);
  await expect.poll(tries, soon).toBe(2);
  await stage.stack.lambda.idle();
  await stage.stack.clock.advance(120_000);
  await expect.poll(() => queue.messages().length, soon).toBe(1);
  expect(JSON.parse(queue.messages()[0]?.body ?? "")).toMatchObject({
    requestContext: { functionArn: `${arn}:$LATEST`, condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: { a: 1 },
    responsePayload: { errorType: "Error", errorMessage: "no" },
  });
});

test("a queue feeds a function in batches; what the response names comes again and ends in the dead-letter queue", async () => {
  const dead = await stage.newQueue();
  const redrive = { deadLetterTargetArn: dead.queue.arn, maxReceiveCount: 2 };
  const { QueueUrl, queue } = await stage.newQueue({ VisibilityTimeout: "30", RedrivePolicy: JSON.stringify(redrive) });
  const { name } = await stage.deploy(
    `console.log(event.Records.map((record) => record.body).join());
     const bad = event.Records.filter((record) => record.body === "bad");
     return { batchItemFailures: bad.map((record) => ({ itemIdentifier: record.messageId })) };`,
  );
  const Entries = ["good", "bad"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await stage.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  stage.stack.lambda.mapQueue(name, queue, { batchSize: 10, reportBatchItemFailures: true });
  const bodies = () => queue.messages().map(({ body }) => body);
  await expect.poll(bodies, soon).toEqual(["bad"]);
  await stage.stack.clock.advance(30_000);
  await expect.poll(() => queue.messages()[0]?.receiveCount, soon).toBe(2);
  await stage.stack.lambda.idle();
  await stage.stack.clock.advance(30_000);
  await expect.poll(() => dead.queue.messages().map(({ body }) => body), soon).toEqual(["bad"]);
  expect(stage.logged(name)).toEqual(["good,bad", "bad"]);
});

test("when the function fails, or its response names a message that it was not given, the whole batch comes again", async () => {
  const { QueueUrl, queue } = await stage.newQueue({ VisibilityTimeout: "30" });
  const { name } = await stage.deploy(`
    console.log(event.Records.length);
    if (calls === 1) throw new Error("no");
    return calls === 2 ? { batchItemFailures: [{ itemIdentifier: "someone else's" }] } : {};`);
  const Entries = ["a", "b"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await stage.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  stage.stack.lambda.mapQueue(name, queue, { batchSize: 10, reportBatchItemFailures: true });
  const lines = () => stage.logged(name).filter((line) => line === "2").length;
  for (const tries of [1, 2]) {
    await expect.poll(lines, soon).toBe(tries);
    await stage.stack.lambda.idle();
    expect(queue.messages()).toHaveLength(2);
    await stage.stack.clock.advance(30_000);
  }
  await expect.poll(() => queue.messages(), soon).toEqual([]);
});

test("a queue whose messages become visible before the function's deadline cannot feed it", async () => {
  const { queue } = await stage.newQueue({ VisibilityTimeout: "2" });
  const { name } = await stage.deploy("return;", { timeoutMs: 3_000 });
  expect(() => stage.stack.lambda.mapQueue(name, queue, {})).toThrow(
    "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds",
  );
});

test("Secrets Manager may invoke a function once a permission says so, from that account only", async () => {
  const { name, arn } = await stage.deploy("return 1;");
  const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf";
  const may = (account: string) =>
    stage.stack.lambda.mayInvoke(arn, "secretsmanager.amazonaws.com", secretArn, account);
  expect(may("123456789012")).toBe(false);
  const permission = {
    FunctionName: name,
    StatementId: "sm",
    Action: "lambda:InvokeFunction",
    Principal: "secretsmanager.amazonaws.com",
    SourceAccount: "123456789012",
  };
  await stage.lambda.send(new AddPermissionCommand(permission));
  expect([may("123456789012"), may("999999999999")]).toEqual([true, false]);
  expect(stage.stack.lambda.mayInvoke(`${arn}x`, "secretsmanager.amazonaws.com", secretArn, "123456789012")).toBe(
    false,
  );
  await expect(stage.lambda.send(new AddPermissionCommand(permission))).rejects.toMatchObject({
    name: "ResourceConflictException",
  });
  const { Policy = "" } = await stage.lambda.send(new GetPolicyCommand({ FunctionName: name }));
  expect(JSON.parse(Policy)).toMatchObject({ Statement: [{ Sid: "sm", Resource: arn }] });
  await stage.lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "sm" }));
  expect(may("123456789012")).toBe(false);
});

test("EventBridge and SNS invoke a function that lets them in, each with its own event", async () => {
  const { name, arn } = await stage.deploy("console.log(JSON.stringify(event));");
  for (const Principal of ["events.amazonaws.com", "sns.amazonaws.com"]) {
    const StatementId = Principal.split(".")[0];
    const permission = { FunctionName: name, StatementId, Action: "lambda:InvokeFunction", Principal };
    await stage.lambda.send(new AddPermissionCommand(permission));
  }
  const events = new EventBridgeClient(stage.stack.clientConfig);
  await events.send(new PutRuleCommand({ Name: name, EventPattern: '{"source":["rekey"]}' }));
  await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: "fn", Arn: arn }] }));
  await events.send(new PutEventsCommand({ Entries: [{ Source: "rekey", DetailType: "t", Detail: "{}" }] }));
  const sns = new SNSClient(stage.stack.clientConfig);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint: arn }));
  await sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
  const received = () => stage.logged(name).map((line): unknown => JSON.parse(line));
  await expect.poll(() => received().length, soon).toBe(2);
  expect(received()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ source: "rekey", "detail-type": "t" }),
      { Records: [expect.objectContaining({ EventSource: "aws:sns", Sns: expect.objectContaining({ TopicArn }) })] },
    ]),
  );
  events.destroy();
  sns.destroy();
});
