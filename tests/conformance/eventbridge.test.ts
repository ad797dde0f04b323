import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  TestEventPatternCommand,
  type PutEventsRequestEntry,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient, type Message } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startStack, type Stack } from "../../local/stack.ts";

/** How long a condition may take to come true on a busy machine. */
const soon = { timeout: 60_000 };

let stack: Stack;
let events: EventBridgeClient;
let sqs: SQSClient;
let busName = "";
let count = 0;

beforeAll(async () => {
  stack = await startStack();
  events = new EventBridgeClient(stack.clientConfig);
  sqs = new SQSClient(stack.clientConfig);
});
beforeEach(async () => {
  busName = `bus-${(count += 1)}`;
  await events.send(new CreateEventBusCommand({ Name: busName }));
  stack.aws.faults.clear();
});
afterAll(async () => {
  events.destroy();
  sqs.destroy();
  await stack.stop();
});

const arnPrefix = "arn:aws:sqs:us-east-1:123456789012:";
async function newQueue(open = true): Promise<{ QueueUrl: string; arn: string }> {
  const QueueName = `target-${(count += 1)}`;
  const arn = `${arnPrefix}${QueueName}`;
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: arn,
    Condition: { ArnLike: { "aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/*" } },
  };
  const Attributes = open ? { Policy: JSON.stringify({ Statement: statement }) } : {};
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return { QueueUrl, arn };
}
async function newRule(target: Omit<Target, "Id">, pattern: object = { source: ["rekey"] }): Promise<string> {
  const Name = `rule-${(count += 1)}`;
  const EventPattern = JSON.stringify(pattern);
  const { RuleArn = "" } = await events.send(new PutRuleCommand({ Name, EventBusName: busName, EventPattern }));
  const Targets = [{ Id: "t", ...target }];
  await events.send(new PutTargetsCommand({ Rule: Name, EventBusName: busName, Targets }));
  return RuleArn;
}
const entry = (changes: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  Source: "rekey",
  DetailType: "Secret Rotated",
  Detail: '{"versionId":"v1"}',
  EventBusName: busName,
  ...changes,
});
const put = async (...Entries: PutEventsRequestEntry[]) => events.send(new PutEventsCommand({ Entries }));
async function received(QueueUrl: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] });
  return (await sqs.send(command)).Messages ?? [];
}
const bodies = async (QueueUrl: string): Promise<unknown[]> =>
  (await received(QueueUrl)).map(({ Body = "" }) => JSON.parse(Body));

test("an event reaches the rule's queue in its envelope; another source does not", async () => {
  const { QueueUrl, arn } = await newQueue();
  await newRule({ Arn: arn });
  const Time = new Date("2026-01-02T03:04:05Z");
  const { Entries } = await put(entry({ Time, Resources: ["arn:secret"] }), entry({ Source: "other" }));
  expect(await bodies(QueueUrl)).toEqual([
    {
      version: "0",
      id: Entries?.[0]?.EventId,
      "detail-type": "Secret Rotated",
      source: "rekey",
      account: "123456789012",
      time: "2026-01-02T03:04:05Z",
      region: "us-east-1",
      resources: ["arn:secret"],
      detail: { versionId: "v1" },
    },
  ]);
});

test("a bad entry fails alone: no detail, malformed detail, a reserved source", async () => {
  const result = await put(
    entry(),
    entry({ Detail: undefined }),
    entry({ Detail: "{" }),
    entry({ Detail: "[]" }),
    entry({ Source: "aws.rekey" }),
  );
  expect(result.FailedEntryCount).toBe(4);
  expect(result.Entries).toMatchObject([
    { EventId: expect.any(String) },
    {
      ErrorCode: "InvalidArgument",
      ErrorMessage: "Parameter Detail is not valid. Reason: Detail is a required argument.",
    },
    { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." },
    { ErrorCode: "MalformedDetail" },
    { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." },
  ]);
});

test("eleven entries, none, or 1 MB of them fail as a whole", async () => {
  await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
    name: "ValidationException",
  });
  await expect(put()).rejects.toMatchObject({ name: "ValidationException" });
  const Detail = JSON.stringify({ text: "x".repeat(1_048_576) });
  await expect(put(entry({ Detail }))).rejects.toThrow("Total size of the entries in the request is over the limit.");
});

test("a bus that does not exist takes the event and drops it", async () => {
  await expect(put(entry({ EventBusName: "nowhere" }))).resolves.toMatchObject({ FailedEntryCount: 0 });
});

test("a target gets the input that it asks for: fixed, a path, or a template", async () => {
  const [fixed, path, template] = [await newQueue(), await newQueue(), await newQueue()];
  await newRule({ Arn: fixed.arn, Input: '{"fixed":true}' });
  await newRule({ Arn: path.arn, InputPath: "$.detail" });
  const InputTransformer = { InputPathsMap: { v: "$.detail.versionId" }, InputTemplate: '{"version":"<v>"}' };
  await newRule({ Arn: template.arn, InputTransformer });
  await put(entry());
  expect(await bodies(fixed.QueueUrl)).toEqual([{ fixed: true }]);
  expect(await bodies(path.QueueUrl)).toEqual([{ versionId: "v1" }]);
  expect(await bodies(template.QueueUrl)).toEqual([{ version: "v1" }]);
});

test("a queue that does not let EventBridge in is not tried again; the event goes to the dead-letter queue", async () => {
  const [closed, dead] = [await newQueue(false), await newQueue()];
  const ruleArn = await newRule({ Arn: closed.arn, DeadLetterConfig: { Arn: dead.arn } });
  await put(entry());
  const [message] = await received(dead.QueueUrl);
  expect(JSON.parse(message?.Body ?? "")).toMatchObject({ detail: { versionId: "v1" } });
  expect(message?.MessageAttributes).toMatchObject({
    RULE_ARN: { StringValue: ruleArn },
    TARGET_ARN: { StringValue: closed.arn },
    ERROR_CODE: { StringValue: "NO_PERMISSIONS" },
  });
  expect(message?.MessageAttributes).not.toHaveProperty("RETRY_ATTEMPTS");
});

test("a failing target is tried again on the clock until its retries are used up", async () => {
  const [failing, dead] = [await newQueue(), await newQueue()];
  const target = { Arn: failing.arn, DeadLetterConfig: { Arn: dead.arn }, RetryPolicy: { MaximumRetryAttempts: 2 } };
  await newRule(target);
  const fault = stack.aws.faults.inject({
    service: "sqs",
    kind: "throttle",
    when: ({ principal }) => principal === "events.amazonaws.com" && fault.struck < 3,
  });
  await put(entry());
  for (let second = 0; second < 4; second += 1) await stack.clock.advance(1_000);
  expect(fault.struck).toBe(3);
  expect((await received(dead.QueueUrl))[0]?.MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: "THROTTLING" },
    EXHAUSTED_RETRY_CONDITION: { StringValue: "MaximumRetryAttempts" },
    RETRY_ATTEMPTS: { StringValue: "2" },
  });
  expect(await received(failing.QueueUrl)).toEqual([]);
});

test("a delivery whose answer is lost is made again: at least once, not once", async () => {
  const { QueueUrl, arn } = await newQueue();
  await newRule({ Arn: arn });
  const fault = stack.aws.faults.inject({ service: "sqs", operation: "SendMessage", kind: "cut", nth: 1 });
  await put(entry());
  await expect.poll(() => fault.struck, soon).toBe(1);
  await stack.clock.advance(1_000);
  await expect.poll(() => stack.sqs.queue(arn)?.messages().length, soon).toBe(2);
  const [first, second] = await bodies(QueueUrl);
  expect(first).toEqual(second);
});

test("an event of AWS itself is on the default bus, where PutEvents could not have put it", async () => {
  const { QueueUrl, arn } = await newQueue();
  busName = "default";
  await newRule({ Arn: arn }, { source: ["aws.secretsmanager"] });
  stack.eventBridge.emit({
    source: "aws.secretsmanager",
    "detail-type": "Secret Label Updated",
    resources: ["arn:secret"],
    detail: { labelUpdated: "AWSCURRENT" },
  });
  await expect.poll(() => stack.sqs.queue(arn)?.messages().length, soon).toBe(1);
  expect(await bodies(QueueUrl)).toMatchObject([{ account: "123456789012", detail: { labelUpdated: "AWSCURRENT" } }]);
});

test("rules and targets are listed and described; a disabled rule is silent; one with targets cannot be deleted", async () => {
  const { QueueUrl, arn } = await newQueue();
  const ruleArn = await newRule({ Arn: arn });
  const name = ruleArn.split("/").at(-1) ?? "";
  const rule = { Name: name, EventBusName: busName };
  const listed = await events.send(new ListRulesCommand({ EventBusName: busName }));
  expect(listed.Rules).toMatchObject([{ Name: name, Arn: ruleArn, State: "ENABLED", EventBusName: busName }]);
  const targets = await events.send(new ListTargetsByRuleCommand({ Rule: name, EventBusName: busName }));
  expect(targets.Targets).toEqual([{ Id: "t", Arn: arn }]);
  await events.send(new DisableRuleCommand(rule));
  await put(entry());
  expect(await received(QueueUrl)).toEqual([]);
  await expect(events.send(new DeleteRuleCommand(rule))).rejects.toThrow("Rule can't be deleted since it has targets.");
  await events.send(new RemoveTargetsCommand({ Rule: name, EventBusName: busName, Ids: ["t"] }));
  await events.send(new DeleteRuleCommand(rule));
  await expect(events.send(new DescribeRuleCommand(rule))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

test("a sixth target, a target of a kind that is not emulated, and a bad pattern are refused", async () => {
  const { arn } = await newQueue();
  await newRule({ Arn: arn });
  const rule = { Rule: `rule-${count}`, EventBusName: busName };
  const more = ["1", "2", "3", "4", "5"].map((Id) => ({ Id, Arn: arn }));
  await expect(events.send(new PutTargetsCommand({ ...rule, Targets: more }))).rejects.toMatchObject({
    name: "LimitExceededException",
  });
  const stateMachine = { Id: "s", Arn: "arn:aws:states:us-east-1:123456789012:stateMachine:x" };
  await expect(events.send(new PutTargetsCommand({ ...rule, Targets: [stateMachine] }))).rejects.toThrow(
    "not emulated",
  );
  await expect(newRule({ Arn: arn }, { source: "rekey" })).rejects.toMatchObject({
    name: "InvalidEventPatternException",
  });
});

test("TestEventPattern says whether an event fits", async () => {
  const fits = async (source: string) => {
    const Event = JSON.stringify({ id: "1", source, detail: {} });
    const command = new TestEventPatternCommand({ EventPattern: '{"source":["rekey"]}', Event });
    return (await events.send(command)).Result;
  };
  expect([await fits("rekey"), await fits("other")]).toEqual([true, false]);
});

test("a role may put events on the bus that its policy names, and on no other", async () => {
  const policy = {
    Statement: {
      Effect: "Allow" as const,
      Action: "events:PutEvents",
      Resource: `arn:aws:events:us-east-1:123456789012:event-bus/${busName}`,
      Condition: { StringEquals: { "events:source": "rekey" } },
    },
  };
  const credentials = stack.aws.principals.assumeRole("publisher", "test", [policy]);
  const role = new EventBridgeClient({ ...stack.clientConfig, credentials });
  const send = async (changes: Partial<PutEventsRequestEntry>) =>
    role.send(new PutEventsCommand({ Entries: [entry(changes)] }));
  await expect(send({})).resolves.toMatchObject({ FailedEntryCount: 0 });
  await expect(send({ EventBusName: "default" })).rejects.toMatchObject({ name: "AccessDeniedException" });
  await expect(send({ Source: "other" })).rejects.toMatchObject({ name: "AccessDeniedException" });
  role.destroy();
});
