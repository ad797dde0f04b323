import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordedReads } from "../../shared/aws/cloudtrail/recorded-reads.ts";
import { awsError, type ScriptedAws, startScriptedAws } from "../support/scripted-aws.ts";

const nowMs = Date.parse("2026-12-01T12:00:00Z");
const daysAgo = (days: number): Date => new Date(nowMs - days * 86_400_000);
const secret = {
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf",
  name: "db/orders",
};
const call = { signal: new AbortController().signal };
const pauses: number[] = [];

let aws: ScriptedAws;
let client: CloudTrailClient;
beforeAll(async () => {
  aws = await startScriptedAws();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new CloudTrailClient({ endpoint: aws.endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
});
const reads = () => recordedReads(client, { nowMs: () => nowMs, pause: async (ms) => void pauses.push(ms) });

const event = (EventId: string, days: number, record: object | string, EventName = "GetSecretValue") => ({
  EventId,
  EventName,
  EventTime: daysAgo(days).getTime() / 1000,
  CloudTrailEvent: typeof record === "string" ? record : JSON.stringify(record),
});
const role = "arn:aws:iam::123456789012:role/orders";
const session = {
  userIdentity: {
    arn: "arn:aws:sts::123456789012:assumed-role/orders/i-1",
    sessionContext: { sessionIssuer: { arn: role } },
  },
};

test("reads are counted by the role of a session, once each, and refused ones and other calls are not", async () => {
  const Events = [
    event("1", 1, session),
    event("2", 2, session),
    event("3", 3, { userIdentity: { invokedBy: "rds.amazonaws.com" } }, "BatchGetSecretValue"),
    event("4", 4, { ...session, errorCode: "AccessDenied" }),
    event("5", 5, session, "DescribeSecret"),
    event("6", 6, "not JSON"),
    event("7", 200, session),
  ];
  aws.answer = { status: 200, body: { Events } };
  expect(await reads().of(secret, daysAgo(30), call)).toEqual({
    readers: [
      { principal: role, count: 2, lastAt: daysAgo(1) },
      { principal: "rds.amazonaws.com", count: 1, lastAt: daysAgo(3) },
      { principal: "unknown", count: 1, lastAt: daysAgo(6) },
    ],
    since: daysAgo(30),
  });
});

test("a window longer than the history is complete for 90 days alone", async () => {
  aws.answer = { status: 200, body: { Events: [] } };
  expect(await reads().of(secret, daysAgo(400), call)).toEqual({ readers: [], since: daysAgo(90) });
});

test("an endless history is read for a bounded number of calls with a pause between, and its reach is told", async () => {
  aws.answer = { status: 200, body: { Events: [event("1", 2, session)], NextToken: "more" } };
  const before = aws.calls.length;
  pauses.length = 0;
  expect((await reads().of(secret, daysAgo(30), call)).since).toEqual(daysAgo(2));
  expect(aws.calls.length - before).toBe(12);
  expect(pauses).toEqual(Array.from({ length: 11 }, () => 500));
});

test.each([
  [awsError(400, "ThrottlingException"), "records-unavailable"],
  [awsError(400, "AccessDeniedException"), "access-denied"],
] as const)("%j is %s, and nothing of the answer crosses", async (answer, code) => {
  aws.answer = answer;
  const error: unknown = await reads()
    .of(secret, daysAgo(30), call)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code });
  expect(JSON.stringify(error) + String(error)).not.toContain("canary");
});
