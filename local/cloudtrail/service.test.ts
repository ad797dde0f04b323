import { CloudTrail } from "@aws-sdk/client-cloudtrail";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
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
