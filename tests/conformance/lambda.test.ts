import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  AddPermissionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FunctionDefinition } from "../../local/lambda/deployed-function.ts";
import { startStack, type Stack } from "../../local/stack.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

let stack: Stack;
let lambda: LambdaClient;
let sqs: SQSClient;
let folder = "";
let count = 0;

beforeAll(async () => {
  stack = await startStack();
  lambda = new LambdaClient({ ...stack.clientConfig, maxAttempts: 1 });
  sqs = new SQSClient(stack.clientConfig);
  folder = await mkdtemp(join(tmpdir(), "rekey-lambda-"));
});
afterAll(async () => {
  lambda.destroy();
  sqs.destroy();
  await stack.stop();
  await rm(folder, { recursive: true });
});

/** Deploys a handler's body; `event`, `context` and a counter `calls` of this container are at hand. */
async function deploy(
  body: string,
  settings: Partial<FunctionDefinition> = {},
): Promise<{ readonly name: string; readonly arn: string }> {
  const name = `function-${(count += 1)}`;
  const bundlePath = join(folder, `${name}.mjs`);
  const imports = 'import { setTimeout as wait } from "node:timers/promises";\nlet calls = 0;\n';
  await writeFile(bundlePath, `${imports}export async function handler(event, context) { calls += 1; ${body} }`);
  return { name, arn: await stack.lambda.deploy({ name, bundlePath, ...settings }) };
}
async function invoke(FunctionName: string, event: unknown = {}) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  const payload: unknown = JSON.parse(answer.Payload?.transformToString() || "null");
  return { status: answer.StatusCode, error: answer.FunctionError, payload };
}
const newQueue = async (Attributes: Record<string, string> = {}) => {
  const QueueName = `queue-${(count += 1)}`;
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const queue = stack.sqs.queue(`arn:aws:sqs:us-east-1:123456789012:${QueueName}`);
  if (queue === undefined) throw new Error("the queue was not made");
  return { QueueUrl, queue };
};

test("a function gets its event, context and environment, and answers", async () => {
  const { name, arn } = await deploy(
    `return {
      event,
      arn: context.invokedFunctionArn,
      id: context.awsRequestId,
      left: context.getRemainingTimeInMillis(),
      name: process.env.AWS_LAMBDA_FUNCTION_NAME,
      colour: process.env.COLOUR,
      endpoint: process.env.AWS_ENDPOINT_URL,
      home: process.env.HOME,
    };`,
    { environment: { COLOUR: "blue" }, timeoutMs: 5_000 },
  );
  const { status, payload } = await invoke(name, { a: 1 });
  expect(status).toBe(200);
  expect(payload).toEqual({
    event: { a: 1 },
    arn,
    id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
    left: expect.toSatisfy((leftMs: number) => leftMs > 0 && leftMs <= 5_000),
    name,
    colour: "blue",
    endpoint: stack.aws.endpoint,
  });
});

test("a container is used again, and invocations at the same time have one each", async () => {
  const { name } = await deploy("await wait(event.ms); return calls;");
  expect((await invoke(name, { ms: 0 })).payload).toBe(1);
  expect((await invoke(name, { ms: 0 })).payload).toBe(2);
  const both = await Promise.all([invoke(name, { ms: 100 }), invoke(name, { ms: 100 })]);
  expect(new Set(both.map(({ payload }) => payload))).toEqual(new Set([1, 3]));
});

test("an error is answered with its type, message and trace, and logged with all its properties", async () => {
  const { name } = await deploy('throw Object.assign(new TypeError("bad"), { hint: "look here" });');
  const { status, error, payload } = await invoke(name);
  expect([status, error]).toEqual([200, "Unhandled"]);
  expect(payload).toMatchObject({
    errorType: "TypeError",
    errorMessage: "bad",
    trace: expect.arrayContaining(["TypeError: bad"]),
  });
  const logged = stack.lambda.logs.filter((line) => line.functionName === name);
  expect(logged.map(({ line }) => line).join()).toContain('"hint":"look here"');
});

test("what a function writes is logged line by line before its answer is there", async () => {
  const { name } = await deploy('console.log("one\\ntwo"); console.error("three");');
  expect((await invoke(name)).payload).toBe(null);
  const lines = stack.lambda.logs.filter((line) => line.functionName === name).map(({ line }) => line);
  expect(lines.sort()).toEqual(["one", "three", "two"]);
});

test("at the deadline the invocation fails, and the next one has a new container", async () => {
  const { name } = await deploy("if (event.hang) await new Promise(() => setInterval(() => {}, 1000)); return calls;", {
    timeoutMs: 500,
  });
  await invoke(name);
  const { error, payload } = await invoke(name, { hang: true });
  expect(error).toBe("Unhandled");
  expect(payload).toMatchObject({
    errorType: "Sandbox.Timedout",
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.50 seconds$/u),
  });
  expect((await invoke(name)).payload).toBe(1);
});

test.each([
  ["that ends its process", "process.exit(3);", "Runtime.ExitError"],
  [
    "with a crash outside of the handler",
    'setTimeout(() => { throw new RangeError("x"); }); await wait(5_000);',
    "RangeError",
  ],
])("a function %s fails and leaves the next one a new container", async (_name, body, errorType) => {
  const { name } = await deploy(`if (event.crash) { ${body} } return calls;`);
  expect((await invoke(name, { crash: true })).payload).toMatchObject({ errorType });
  expect((await invoke(name)).payload).toBe(1);
});

test("a bundle that cannot be loaded, or does not export its handler, fails at each invocation", async () => {
  const { name } = await deploy("return 1;", { handler: "index.other" });
  expect((await invoke(name)).payload).toMatchObject({ errorMessage: "other is undefined or not exported" });
  expect((await invoke(name)).error).toBe("Unhandled");
});

test("an unknown function is 404, a body that is no JSON is 400, a dry run runs nothing", async () => {
  await expect(invoke("nobody")).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody",
    $metadata: { httpStatusCode: 404 },
  });
  const { name, arn } = await deploy("return calls;");
  const bad = lambda.send(new InvokeCommand({ FunctionName: name, Payload: "{" }));
  await expect(bad).rejects.toMatchObject({ name: "InvalidRequestContentException" });
  const dry = await lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "DryRun" }));
  expect(dry.StatusCode).toBe(204);
  expect((await invoke(arn)).payload).toBe(1);
});

test("an asynchronous invocation is tried three times, then told to its destination by the function's role", async () => {
  const { queue } = await newQueue();
  const policies = [{ Statement: { Effect: "Allow" as const, Action: "sqs:SendMessage", Resource: queue.arn } }];
  const { name, arn } = await deploy('throw new Error("no");', { asynchronous: { onFailureArn: queue.arn }, policies });
  const command = new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload: '{"a":1}' });
  expect((await lambda.send(command)).StatusCode).toBe(202);
  const tries = () => stack.lambda.logs.filter(({ functionName }) => functionName === name).length;
  await expect.poll(tries, soon).toBe(1);
  await stack.lambda.idle();
  await stack.clock.advance(60_000);
  await expect.poll(tries, soon).toBe(2);
  await stack.lambda.idle();
  await stack.clock.advance(120_000);
  await expect.poll(() => queue.messages().length, soon).toBe(1);
  expect(JSON.parse(queue.messages()[0]?.body ?? "")).toMatchObject({
    requestContext: { functionArn: `${arn}:$LATEST`, condition: "RetriesExhausted", approximateInvokeCount: 3 },
    requestPayload: { a: 1 },
    responsePayload: { errorType: "Error", errorMessage: "no" },
  });
});

test("a queue feeds a function in batches; what the response names comes again and ends in the dead-letter queue", async () => {
  const dead = await newQueue();
  const redrive = { deadLetterTargetArn: dead.queue.arn, maxReceiveCount: 2 };
  const { QueueUrl, queue } = await newQueue({ VisibilityTimeout: "30", RedrivePolicy: JSON.stringify(redrive) });
  const { name } = await deploy(
    `console.log(event.Records.map((record) => record.body).join());
     const bad = event.Records.filter((record) => record.body === "bad");
     return { batchItemFailures: bad.map((record) => ({ itemIdentifier: record.messageId })) };`,
  );
  const Entries = ["good", "bad"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  stack.lambda.mapQueue(name, queue, { batchSize: 10, reportBatchItemFailures: true });
  const bodies = () => queue.messages().map(({ body }) => body);
  await expect.poll(bodies, soon).toEqual(["bad"]);
  await stack.clock.advance(30_000);
  await expect.poll(() => queue.messages()[0]?.receiveCount, soon).toBe(2);
  await stack.lambda.idle();
  await stack.clock.advance(30_000);
  await expect.poll(() => dead.queue.messages().map(({ body }) => body), soon).toEqual(["bad"]);
  const batches = stack.lambda.logs.filter(({ functionName }) => functionName === name).map(({ line }) => line);
  expect(batches).toEqual(["good,bad", "bad"]);
});

test("when the function fails, or its response names a message that it was not given, the whole batch comes again", async () => {
  const { QueueUrl, queue } = await newQueue({ VisibilityTimeout: "30" });
  const { name } = await deploy(`
    console.log(event.Records.length);
    if (calls === 1) throw new Error("no");
    return calls === 2 ? { batchItemFailures: [{ itemIdentifier: "someone else's" }] } : {};`);
  const Entries = ["a", "b"].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  stack.lambda.mapQueue(name, queue, { batchSize: 10, reportBatchItemFailures: true });
  const lines = () =>
    stack.lambda.logs.filter(({ functionName, line }) => functionName === name && line === "2").length;
  for (const tries of [1, 2]) {
    await expect.poll(lines, soon).toBe(tries);
    await stack.lambda.idle();
    expect(queue.messages()).toHaveLength(2);
    await stack.clock.advance(30_000);
  }
  await expect.poll(() => queue.messages(), soon).toEqual([]);
});

test("a queue whose messages become visible before the function's deadline cannot feed it", async () => {
  const { queue } = await newQueue({ VisibilityTimeout: "2" });
  const { name } = await deploy("return;", { timeoutMs: 3_000 });
  expect(() => stack.lambda.mapQueue(name, queue, {})).toThrow(
    "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds",
  );
});

test("Secrets Manager may invoke a function once a permission says so, from that account only", async () => {
  const { name, arn } = await deploy("return 1;");
  const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf";
  const may = (account: string) => stack.lambda.mayInvoke(arn, "secretsmanager.amazonaws.com", secretArn, account);
  expect(may("123456789012")).toBe(false);
  const permission = {
    FunctionName: name,
    StatementId: "sm",
    Action: "lambda:InvokeFunction",
    Principal: "secretsmanager.amazonaws.com",
    SourceAccount: "123456789012",
  };
  await lambda.send(new AddPermissionCommand(permission));
  expect([may("123456789012"), may("999999999999")]).toEqual([true, false]);
  expect(stack.lambda.mayInvoke(`${arn}x`, "secretsmanager.amazonaws.com", secretArn, "123456789012")).toBe(false);
  await expect(lambda.send(new AddPermissionCommand(permission))).rejects.toMatchObject({
    name: "ResourceConflictException",
  });
  const { Policy = "" } = await lambda.send(new GetPolicyCommand({ FunctionName: name }));
  expect(JSON.parse(Policy)).toMatchObject({ Statement: [{ Sid: "sm", Resource: arn }] });
  await lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "sm" }));
  expect(may("123456789012")).toBe(false);
});

test("a function's own calls are signed by its role and held to its policies", async () => {
  const { queue } = await newQueue();
  const sdk = JSON.stringify(import.meta.resolve("@aws-sdk/client-sqs"));
  const { name } = await deploy(
    `const { SQSClient, ListQueuesCommand, GetQueueUrlCommand } = await import(${sdk});
     const sqs = new SQSClient({});
     const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: event.name }));
     return [QueueUrl, await sqs.send(new ListQueuesCommand({})).catch((error) => error.message)];`,
    {
      timeoutMs: 10_000,
      policies: [{ Statement: { Effect: "Allow", Action: "sqs:Get*", Resource: queue.arn } }],
    },
  );
  const arn = `arn:aws:sts::123456789012:assumed-role/${name}-role/${name}`;
  expect((await invoke(name, { name: queue.name })).payload).toEqual([
    `${stack.aws.endpoint}/123456789012/${queue.name}`,
    `User: ${arn} is not authorized to perform: sqs:ListQueues on resource: * because no identity-based policy allows the sqs:ListQueues action`,
  ]);
});

test("EventBridge and SNS invoke a function that lets them in, each with its own event", async () => {
  const { name, arn } = await deploy("console.log(JSON.stringify(event));");
  for (const Principal of ["events.amazonaws.com", "sns.amazonaws.com"]) {
    const StatementId = Principal.split(".")[0];
    const permission = { FunctionName: name, StatementId, Action: "lambda:InvokeFunction", Principal };
    await lambda.send(new AddPermissionCommand(permission));
  }
  const events = new EventBridgeClient(stack.clientConfig);
  await events.send(new PutRuleCommand({ Name: name, EventPattern: '{"source":["rekey"]}' }));
  await events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: "fn", Arn: arn }] }));
  await events.send(new PutEventsCommand({ Entries: [{ Source: "rekey", DetailType: "t", Detail: "{}" }] }));
  const sns = new SNSClient(stack.clientConfig);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "lambda", Endpoint: arn }));
  await sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
  const received = () =>
    stack.lambda.logs.filter(({ functionName }) => functionName === name).map(({ line }): unknown => JSON.parse(line));
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

test("functions are listed and described", async () => {
  const { name, arn } = await deploy("return 1;", { environment: { COLOUR: "blue" } });
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  expect(Functions.map(({ FunctionArn }) => FunctionArn)).toContain(arn);
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
  expect(Configuration).toMatchObject({
    FunctionName: name,
    Environment: { Variables: { COLOUR: "blue" } },
    Timeout: 3,
  });
});
