import { GetFunctionCommand, InvokeCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LambdaStage, startLambdaStage } from "../support/lambda-stage.ts";

let stage: LambdaStage;
beforeAll(async () => {
  stage = await startLambdaStage();
});
afterAll(async () => stage.stop());

test("a function gets its event, context and environment, and answers", async () => {
  const { name, arn } = await stage.deploy(
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
  const { status, payload } = await stage.invoke(name, { a: 1 });
  expect(status).toBe(200);
  expect(payload).toEqual({
    event: { a: 1 },
    arn,
    id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
    left: expect.toSatisfy((leftMs: number) => leftMs > 0 && leftMs <= 5_000),
    name,
    colour: "blue",
    endpoint: stage.stack.aws.endpoint,
  });
});

test("a container is used again, and invocations at the same time have one each", async () => {
  const { name } = await stage.deploy("await wait(event.ms); return calls;");
  expect((await stage.invoke(name, { ms: 0 })).payload).toBe(1);
  expect((await stage.invoke(name, { ms: 0 })).payload).toBe(2);
  const both = await Promise.all([stage.invoke(name, { ms: 100 }), stage.invoke(name, { ms: 100 })]);
  expect(new Set(both.map(({ payload }) => payload))).toEqual(new Set([1, 3]));
});

test("an error is answered with its type, message and trace, and logged with all its properties", async () => {
  const { name } = await stage.deploy('throw Object.assign(new TypeError("bad"), { hint: "look here" });');
  const { status, error, payload } = await stage.invoke(name);
  expect([status, error]).toEqual([200, "Unhandled"]);
  expect(payload).toMatchObject({
    errorType: "TypeError",
    errorMessage: "bad",
    trace: expect.arrayContaining(["TypeError: bad"]),
  });
  expect(stage.logged(name).join()).toContain('"hint":"look here"');
});

test("what a function writes is logged line by line before its answer is there", async () => {
  const { name } = await stage.deploy('console.log("one\\ntwo"); console.error("three");');
  expect((await stage.invoke(name)).payload).toBe(null);
  expect(stage.logged(name).sort()).toEqual(["one", "three", "two"]);
});

test("at the deadline the invocation fails, and the next one has a new container", async () => {
  const { name } = await stage.deploy(
    "if (event.hang) await new Promise(() => setInterval(() => {}, 1000)); return calls;",
    { timeoutMs: 500 },
  );
  await stage.invoke(name);
  const { error, payload } = await stage.invoke(name, { hang: true });
  expect(error).toBe("Unhandled");
  expect(payload).toMatchObject({
    errorType: "Sandbox.Timedout",
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.50 seconds$/u),
  });
  expect((await stage.invoke(name)).payload).toBe(1);
});

test.each([
  ["that ends its process", "process.exit(3);", "Runtime.ExitError"],
  [
    "with a crash outside of the handler",
    'setTimeout(() => { throw new RangeError("x"); }); await wait(5_000);',
    "RangeError",
  ],
])("a function %s fails and leaves the next one a new container", async (_name, body, errorType) => {
  const { name } = await stage.deploy(`if (event.crash) { ${body} } return calls;`);
  expect((await stage.invoke(name, { crash: true })).payload).toMatchObject({ errorType });
  expect((await stage.invoke(name)).payload).toBe(1);
});

test("a bundle that cannot be loaded, or does not export its handler, fails at each invocation", async () => {
  const { name } = await stage.deploy("return 1;", { handler: "index.other" });
  expect((await stage.invoke(name)).payload).toMatchObject({ errorMessage: "other is undefined or not exported" });
  expect((await stage.invoke(name)).error).toBe("Unhandled");
});

test("an unknown function is 404, a body that is no JSON is 400, a dry run runs nothing", async () => {
  await expect(stage.invoke("nobody")).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody",
    $metadata: { httpStatusCode: 404 },
  });
  const { name, arn } = await stage.deploy("return calls;");
  const bad = stage.lambda.send(new InvokeCommand({ FunctionName: name, Payload: "{" }));
  await expect(bad).rejects.toMatchObject({ name: "InvalidRequestContentException" });
  const dry = await stage.lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "DryRun" }));
  expect(dry.StatusCode).toBe(204);
  expect((await stage.invoke(arn)).payload).toBe(1);
});

test("a function's own calls are signed by its role and held to its policies", async () => {
  const { queue } = await stage.newQueue();
  const sdk = JSON.stringify(import.meta.resolve("@aws-sdk/client-sqs"));
  const { name } = await stage.deploy(
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
  expect((await stage.invoke(name, { name: queue.name })).payload).toEqual([
    `${stage.stack.aws.endpoint}/123456789012/${queue.name}`,
    `User: ${arn} is not authorized to perform: sqs:ListQueues on resource: * because no identity-based policy allows the sqs:ListQueues action`,
  ]);
});

test("functions are listed and described", async () => {
  const { name, arn } = await stage.deploy("return 1;", { environment: { COLOUR: "blue" } });
  const { Functions = [] } = await stage.lambda.send(new ListFunctionsCommand({}));
  expect(Functions.map(({ FunctionArn }) => FunctionArn)).toContain(arn);
  const { Configuration } = await stage.lambda.send(new GetFunctionCommand({ FunctionName: name }));
  expect(Configuration).toMatchObject({
    FunctionName: name,
    Environment: { Variables: { COLOUR: "blue" } },
    Timeout: 3,
  });
});
