import { CloudTrailClient } from "@aws-sdk/client-cloudtrail";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adoptionTable } from "../../shared/aws/dynamodb/adoption-table.ts";
import type { CallOptions } from "../../shared/ports/call.ts";
import { cloudTrail } from "../../shared/aws/cloudtrail/audit-trail.ts";
import { stepLog } from "../../shared/aws/cloudwatch-logs/step-log.ts";
import { secretAdministration } from "../../shared/aws/secrets-manager/secret-administration.ts";
import { secretListing } from "../../shared/aws/secrets-manager/secret-listing.ts";
import { awsError, type ScriptedAws, startScriptedAws } from "../support/scripted-aws.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf";
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres";
const never: CallOptions = { signal: new AbortController().signal };

let aws: ScriptedAws;
const asks: Record<string, (call: CallOptions) => Promise<unknown>> = {};

beforeAll(async () => {
  aws = await startScriptedAws();
  const { endpoint } = aws;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const config = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  const log = stepLog(new CloudWatchLogsClient(config));
  const trail = cloudTrail(new CloudTrailClient(config));
  const table = adoptionTable(new DynamoDBClient(config), "adoptions");
  const secretsManager = new SecretsManagerClient(config);
  const administration = secretAdministration(secretsManager);
  Object.assign(asks, {
    log: async (call: CallOptions) => log.steps(functionArn, { secretArn, since: new Date(0) }, call),
    trail: async (call: CallOptions) => trail.changes(secretArn, call),
    table: async (call: CallOptions) => table.adopted([{ secretArn, versionId: "v1" }], call),
    listing: async (call: CallOptions) => secretListing(secretsManager).page({}, { limit: 10 }, call),
    rotate: async (call: CallOptions) => administration.rotate(secretArn, "v".repeat(32), call),
  });
});
afterAll(async () => aws.stop());

const ask = async (of: string, call = never): Promise<unknown> => asks[of]?.(call);

test.each([
  ["log", awsError(400, "AccessDeniedException"), "access-denied"],
  ["log", awsError(400, "ResourceNotFoundException"), "records-unavailable"],
  ["log", awsError(400, "ThrottlingException"), "records-unavailable"],
  ["log", "reset", "records-unavailable"],
  ["trail", awsError(400, "AccessDeniedException"), "access-denied"],
  ["trail", awsError(500, "InternalFailure"), "records-unavailable"],
  ["table", awsError(400, "AccessDeniedException"), "adoption-unavailable"],
  ["listing", awsError(400, "AccessDeniedException"), "access-denied"],
  ["listing", awsError(400, "InvalidNextTokenException"), "store-rejected"],
  ["rotate", awsError(400, "ThrottlingException"), "store-throttled"],
  ["rotate", awsError(400, "InvalidRequestException"), "store-rejected"],
] as const)("%s, answered with %j, is %s, and nothing of the answer crosses", async (of, answer, code) => {
  aws.answer = answer;
  const error: unknown = await ask(of).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code });
  expect(JSON.stringify(error) + String(error)).not.toContain("canary");
});

test.each(["log", "trail", "table", "listing", "rotate"])("%s that does not answer ends with the time", async (of) => {
  aws.answer = "silence";
  await expect(ask(of, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("an endless history and an endless log are read for a bounded number of calls", async () => {
  const event = { EventName: "GetSecretValue", EventTime: 1_700_000_000, CloudTrailEvent: "not JSON" };
  aws.answer = { status: 200, body: { Events: [event], NextToken: "more", nextToken: "more", events: [] } };
  const before = aws.calls.length;
  expect(await ask("trail")).toEqual({ records: [], since: new Date(1_700_000_000_000) });
  expect(await ask("log")).toEqual([]);
  expect(aws.calls.slice(before).filter((name) => name === "LookupEvents")).toHaveLength(6);
  expect(aws.calls.slice(before).filter((name) => name === "FilterLogEvents")).toHaveLength(20);
});

test("of a log, the lines of this secret's steps are read, and no other", async () => {
  const at = "2026-11-28T05:00:00.000Z";
  const of = { secret: secretArn, version: "v1", step: "setSecret", at };
  const lines = [
    JSON.stringify({ level: "INFO", message: "done", ...of, outcome: "done", durationMs: 12 }),
    `2026-11-28T05:00:00Z\trequest\tINFO\t${JSON.stringify({ message: "done", ...of, step: "testSecret", outcome: "already-done" })}`,
    JSON.stringify({ level: "ERROR", message: "failed", ...of, code: "database-locked", hint: "look" }),
    JSON.stringify({ level: "ERROR", message: "failed", ...of, code: "canary-code" }),
    JSON.stringify({ message: "done", ...of, secret: "arn:other", outcome: "done" }),
    JSON.stringify({ message: "done", ...of, step: "dance", outcome: "done" }),
    JSON.stringify({ message: "done", ...of, at: "yesterday", outcome: "done" }),
    "REPORT RequestId: 1 Duration: 2 ms",
  ];
  aws.answer = { status: 200, body: { events: lines.map((message) => ({ message })) } };
  const step = { versionId: "v1", step: "setSecret", at: new Date(at) };
  expect(await ask("log")).toEqual([
    { ...step, outcome: "done", durationMs: 12 },
    { ...step, step: "testSecret", outcome: "already-done" },
    { ...step, outcome: "failed", code: "database-locked", hint: "look" },
    { ...step, outcome: "failed" },
  ]);
});

test("a time of an adoption that is none is unknown, and who adopted is still told", async () => {
  const item = { versionId: { S: "v1" }, adoptedBy: { SS: ["api"] }, "adoptedAt:api": { S: "yesterday" } };
  aws.answer = { status: 200, body: { Responses: { adoptions: [item] }, UnprocessedKeys: {} } };
  expect(await ask("table")).toEqual(new Map([["v1", new Map([["api", undefined]])]]));
});

test("keys that DynamoDB leaves for later are asked for again, for a bounded number of calls", async () => {
  const Keys = [{ secretArn: { S: secretArn }, versionId: { S: "v1" } }];
  aws.answer = { status: 200, body: { Responses: {}, UnprocessedKeys: { adoptions: { Keys } } } };
  const before = aws.calls.length;
  expect(await ask("table")).toEqual(new Map());
  expect(aws.calls.length - before).toBe(5);
});
