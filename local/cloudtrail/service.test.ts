import { CloudTrail } from "@aws-sdk/client-cloudtrail";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { isMembers } from "../../shared/answers/members.ts";
import { record } from "../aws/members.ts";
import { startStack, type Stack } from "../stack.ts";

let stack: Stack;
let trail: CloudTrail;
let secrets: SecretsManager;
beforeAll(async () => {
  stack = await startStack();
  trail = new CloudTrail({ ...stack.clientConfig, maxAttempts: 1 });
  secrets = new SecretsManager(stack.clientConfig);
});
afterAll(async () => {
  trail.destroy();
  secrets.destroy();
  await stack.stop();
});

const of = (AttributeKey: "ResourceName" | "EventName" | "Username", AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});

test("calls are found by the secret they are about, newest first and in pages, and no value is in them", async () => {
  const { ARN = "" } = await secrets.createSecret({ Name: "db/orders", SecretString: "canary-value" });
  for (let read = 0; read < 3; read++) await secrets.getSecretValue({ SecretId: "db/orders" });
  await secrets.createSecret({ Name: "db/other", SecretString: "canary-value" });
  const { Events = [], NextToken } = await trail.lookupEvents({ ...of("ResourceName", ARN), MaxResults: 2 });
  expect(Events.map(({ EventName }) => EventName)).toEqual(["GetSecretValue", "GetSecretValue"]);
  expect(Events[0]).toMatchObject({ ReadOnly: "true", Resources: [{ ResourceName: ARN }] });
  const rest = await trail.lookupEvents({ ...of("ResourceName", ARN), NextToken });
  expect(rest.Events?.map(({ EventName }) => EventName)).toContain("GetSecretValue");
  expect(JSON.stringify([Events, rest])).not.toContain("canary");
  const created = await trail.lookupEvents(of("EventName", "CreateSecret"));
  expect(created.Events).toHaveLength(2);
});

/** The details of CloudTrail's events on the default bus, by the call's name, for as long as the test runs. */
function heard(on: Stack = stack): readonly Readonly<Record<string, unknown>>[] {
  const details: Readonly<Record<string, unknown>>[] = [];
  onTestFinished(
    on.eventBridge.onEvent((bus, event) => {
      if (bus === "default" && event["detail-type"].endsWith("via CloudTrail")) details.push(event.detail);
    }),
  );
  return details;
}

test("a call is an event of the default bus with CloudTrail's record, without the value", async () => {
  const details = heard();
  const Tags = [{ Key: "team", Value: "orders" }];
  const { ARN } = await secrets.createSecret({ Name: "db/told", SecretString: "canary-value", Tags });
  await secrets.putSecretValue({ SecretId: "db/told", SecretString: "canary-next" });
  await secrets.tagResource({ SecretId: "db/told", Tags });
  await secrets.untagResource({ SecretId: "db/told", TagKeys: ["team"] });
  await secrets.getSecretValue({ SecretId: "db/told" });
  await secrets.deleteSecret({ SecretId: "db/told", RecoveryWindowInDays: 7 });
  await secrets.restoreSecret({ SecretId: "db/told" });
  const about = (eventName: string) => details.find((detail) => detail["eventName"] === eventName);
  expect(about("CreateSecret")).toMatchObject({
    eventVersion: "1.08",
    eventSource: "secretsmanager.amazonaws.com",
    awsRegion: "us-east-1",
    sourceIPAddress: "127.0.0.1",
    userAgent: expect.stringContaining("aws-sdk-js"),
    userIdentity: { type: "Root", accountId: "123456789012", arn: "arn:aws:iam::123456789012:root" },
    requestParameters: { name: "db/told", tags: [{ key: "team", value: "orders" }] },
    responseElements: { arn: ARN, name: "db/told", versionId: expect.any(String) },
    readOnly: false,
    eventType: "AwsApiCall",
  });
  expect(about("PutSecretValue")).toMatchObject({ requestParameters: { clientRequestToken: expect.any(String) } });
  expect(about("TagResource")).toMatchObject({ requestParameters: { secretId: "db/told" }, responseElements: null });
  expect(about("UntagResource")).toMatchObject({ requestParameters: { tagKeys: ["team"] }, responseElements: null });
  expect(about("GetSecretValue")).toMatchObject({ readOnly: true, responseElements: null });
  expect(about("DeleteSecret")).toMatchObject({
    requestParameters: { secretId: "db/told", recoveryWindowInDays: 7 },
    responseElements: { arn: ARN, name: "db/told" },
  });
  expect(about("RestoreSecret")).toMatchObject({ responseElements: { arn: ARN } });
  expect(JSON.stringify(details)).not.toContain("canary");
});

test("a call that failed is recorded with its error and no answer, as the role's session that made it", async () => {
  const details = heard();
  const statement = { Effect: "Allow" as const, Action: "secretsmanager:*", Resource: "*" };
  const credentials = stack.aws.principals.assumeRole("deployer", "ada", [{ Statement: statement }]);
  const client = new SecretsManager({ ...stack.clientConfig, credentials });
  onTestFinished(() => client.destroy());
  await expect(client.deleteSecret({ SecretId: "db/nobody" })).rejects.toThrow("can't find");
  expect(details).toEqual([
    expect.objectContaining({
      eventName: "DeleteSecret",
      errorCode: "ResourceNotFoundException",
      responseElements: null,
      userIdentity: expect.objectContaining({
        type: "AssumedRole",
        arn: "arn:aws:sts::123456789012:assumed-role/deployer/ada",
        sessionContext: {
          sessionIssuer: expect.objectContaining({
            arn: "arn:aws:iam::123456789012:role/deployer",
            userName: "deployer",
          }),
        },
      }),
    }),
  ]);
});

test.each([
  ["ENABLED", ["TagResource"]],
  ["ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", ["GetSecretValue", "TagResource"]],
  ["DISABLED", []],
] as const)("a rule that is %s hears %j of a read and a write", async (State, expected) => {
  const bridge = new EventBridge(stack.clientConfig);
  const sqs = new SQS(stack.clientConfig);
  onTestFinished(() => [bridge, sqs].forEach((client) => client.destroy()));
  const { QueueUrl = "" } = await sqs.createQueue({ QueueName: `heard-${State.length}` });
  const Arn = `arn:aws:sqs:us-east-1:123456789012:heard-${State.length}`;
  const allow = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: Arn,
  };
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: JSON.stringify({ Statement: allow }) } });
  const EventPattern = JSON.stringify({ detail: { eventName: ["GetSecretValue", "TagResource"] } });
  await bridge.putRule({ Name: State, EventPattern, State });
  await bridge.putTargets({ Rule: State, Targets: [{ Id: "queue", Arn }] });
  await secrets.createSecret({ Name: `db/${State}`, SecretString: "value" });
  await secrets.getSecretValue({ SecretId: `db/${State}` });
  await secrets.tagResource({ SecretId: `db/${State}`, Tags: [{ Key: "a", Value: "b" }] });
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
  const names = Messages.map(({ Body = "" }): unknown => {
    const event: unknown = JSON.parse(Body);
    return isMembers(event) ? record(event, "detail")["eventName"] : undefined;
  });
  expect(new Set(names)).toEqual(new Set(expected));
  await bridge.putRule({ Name: State, EventPattern, State: "DISABLED" });
});

test("without a trail nothing of CloudTrail is on the bus, and its history has it all the same", async () => {
  const untrailed = await startStack({ trail: false });
  const client = new SecretsManager(untrailed.clientConfig);
  const history = new CloudTrail(untrailed.clientConfig);
  onTestFinished(async () => {
    client.destroy();
    history.destroy();
    await untrailed.stop();
  });
  const details = heard(untrailed);
  await client.createSecret({ Name: "db/quiet", SecretString: "value" });
  expect(details).toEqual([]);
  expect((await history.lookupEvents(of("EventName", "CreateSecret"))).Events).toHaveLength(1);
});

test("two attributes, an attribute that is not emulated and too many results are refused by name", async () => {
  const two = [...of("EventName", "a").LookupAttributes, ...of("EventName", "b").LookupAttributes];
  await expect(trail.lookupEvents({ LookupAttributes: two })).rejects.toMatchObject({
    name: "InvalidLookupAttributesException",
  });
  await expect(trail.lookupEvents(of("Username", "me"))).rejects.toThrow("not emulated");
  await expect(trail.lookupEvents({ MaxResults: 51 })).rejects.toMatchObject({ name: "InvalidMaxResultsException" });
});

test("a log group that is not there, and a filter that is not emulated, are refused", async () => {
  await stack.deploy();
  const logs = new CloudWatchLogs({ ...stack.clientConfig, maxAttempts: 1 });
  await expect(logs.filterLogEvents({ logGroupName: "/aws/lambda/nobody" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  const { ARN = "" } = await secrets.createSecret({ Name: "db/odd", SecretString: "{}" });
  const RotationLambdaARN = "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres";
  await secrets.rotateSecret({ SecretId: ARN, RotationLambdaARN });
  await stack.secretsManager.idle();
  const logGroupName = "/aws/lambda/rekey-rotate-postgres";
  await expect(logs.filterLogEvents({ logGroupName, filterPattern: "ERROR" })).rejects.toThrow("not emulated");
  const found = await logs.filterLogEvents({ logGroupName, filterPattern: `{ $.secret = "${ARN}" }` });
  expect(found.events?.[0]?.message).toContain('"step":"createSecret"');
  logs.destroy();
});
