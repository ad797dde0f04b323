import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventBridgePublisher } from "../../shared/aws/eventbridge/event-publisher.ts";
import type { RotationEvent } from "../../shared/events/rotation-event.ts";
import { awsError, type ScriptedAws, startScriptedAws } from "../support/scripted-aws.ts";

let aws: ScriptedAws;
let client: EventBridgeClient;
const event: RotationEvent = {
  type: "Secret Retired",
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
  secretName: "db",
  versionId: "v".repeat(32),
  retiredVersionId: "w".repeat(32),
  proof: "refused",
  heldBy: [],
};

beforeAll(async () => {
  aws = await startScriptedAws();
  client = new EventBridgeClient({
    endpoint: aws.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
});

const publish = async (signal = new AbortController().signal): Promise<void> =>
  eventBridgePublisher(client, "rekey").publish(event, { signal });
const entries = (...codes: readonly (string | undefined)[]) => ({
  status: 200,
  body: {
    FailedEntryCount: codes.filter((code) => code !== undefined).length,
    Entries: codes.map((ErrorCode) => (ErrorCode === undefined ? { EventId: "1" } : { ErrorCode })),
  },
});

test.each([
  [entries("InternalFailure"), "events-unavailable", 3],
  [entries("ThrottlingException"), "events-unavailable", 3],
  [entries("MalformedDetail"), "event-rejected", 1],
  [awsError(400, "AccessDeniedException"), "event-rejected", 1],
  [awsError(500, "InternalException"), "events-unavailable", 1],
  ["reset", "events-unavailable", 1],
] as const)("%j is %s after %d calls", async (answer, code, calls) => {
  const before = aws.calls.length;
  aws.answer = answer;
  await expect(publish()).rejects.toMatchObject({ code });
  expect(aws.calls.slice(before)).toEqual(Array.from({ length: calls }, () => "PutEvents"));
});

test("an entry that was taken is published once", async () => {
  const before = aws.calls.length;
  aws.answer = entries(undefined);
  await publish();
  expect(aws.calls.length - before).toBe(1);
});

test("a bus that is silent ends with the call's time", async () => {
  aws.answer = "silence";
  await expect(publish(AbortSignal.timeout(50))).rejects.toMatchObject({ code: "time-budget-spent" });
});
