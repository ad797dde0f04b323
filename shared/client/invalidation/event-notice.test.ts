import { expect, test } from "vitest";
import { eventNotice } from "./event-notice.ts";

const at = "2026-01-02T03:04:05.000Z";
const atMs = Date.parse(at);
const detail = { secretArn: "arn", versionId: "v2", origin: "rotation", strategy: "single-user", at };
const notice = { secretArn: "arn", versionId: "v2", atMs, replacedStillWorks: false };
const rotatedBy = (more: object) => eventNotice({ "detail-type": "Secret Rotated", detail: { ...detail, ...more } });
const label = (more: object, outer: object = {}) =>
  eventNotice({
    "detail-type": "Secret Label Updated",
    time: at,
    detail: { name: "a", labelUpdated: "AWSCURRENT", versionId: "v2", ...more },
    ...outer,
  });
const call = (eventName: string, more: object = {}, type = "AWS API Call via CloudTrail") =>
  eventNotice({
    "detail-type": type,
    detail: { eventSource: "secretsmanager.amazonaws.com", eventName, eventTime: at, ...more },
  });

test.each([
  ["everything that it says", {}, notice],
  ["the version before", { previousVersionId: "v1" }, { ...notice, previousVersionId: "v1" }],
  ["no version before that is none", { previousVersionId: "" }, notice],
  ["no version before that is too long", { previousVersionId: "v".repeat(65) }, notice],
  [
    "that the replaced one still works, with alternating users",
    { strategy: "alternating-users" },
    { ...notice, replacedStillWorks: true },
  ],
  [
    "that the replaced one still works, with two passwords",
    { strategy: "dual-password" },
    { ...notice, replacedStillWorks: true },
  ],
  ["no time that is none", { at: "canary" }, { secretArn: "arn", versionId: "v2", replacedStillWorks: false }],
  [
    "no time that is no text",
    { at: { toString: null } },
    { secretArn: "arn", versionId: "v2", replacedStillWorks: false },
  ],
  ["a version as long as can be", { versionId: "v".repeat(64) }, { ...notice, versionId: "v".repeat(64) }],
  ["an ARN as long as can be", { secretArn: "a".repeat(2_048) }, { ...notice, secretArn: "a".repeat(2_048) }],
])("of Secret Rotated is taken %s", (_, more, expected) => expect(rotatedBy(more)).toStrictEqual(expected));

test.each([
  { versionId: "" },
  { versionId: "v".repeat(65) },
  { versionId: 7 },
  { secretArn: "" },
  { secretArn: "a".repeat(2_049) },
])("Secret Rotated without a secret or a version gives no notice: %o", (more) =>
  expect(rotatedBy(more)).toBe("no-version"),
);

test("a detail that is a text is read, and one that is none is not", () => {
  expect(eventNotice({ "detail-type": "Secret Rotated", detail: JSON.stringify(detail) })).toEqual(notice);
  for (const given of ["canary", "[]", 7])
    expect(eventNotice({ "detail-type": "Secret Rotated", detail: given })).toBe("no-version");
  expect(eventNotice({ "detail-type": "Secret Rotated", ...detail })).toEqual(notice);
});

test.each([
  ["by its ARN outside", {}, { resources: ["arn", "another"] }, "arn"],
  ["by its ARN inside", { secretArn: "arn" }, {}, "arn"],
  ["by its name", {}, {}, "a"],
  ["by its name where the ARN outside is no list", {}, { resources: "arn" }, "a"],
])("Secret Label Updated names the secret %s", (_, more, outer, secretArn) => {
  expect(label(more, outer)).toEqual({ ...notice, secretArn });
});

test("Secret Label Updated for another label is another event, and its fields may be lifted", () => {
  expect(label({ labelUpdated: "AWSPENDING" })).toBe("another-event");
  const lifted = { "detail-type": "Secret Label Updated", name: "a", labelUpdated: "AWSCURRENT", versionId: "v2" };
  expect(eventNotice(lifted)).toMatchObject({ secretArn: "a", versionId: "v2" });
});

test.each([
  [
    "moves AWSCURRENT",
    "UpdateSecretVersionStage",
    { secretId: "a", versionStage: "AWSCURRENT", moveToVersionId: "v2" },
    undefined,
    { ...notice, secretArn: "a" },
  ],
  [
    "moves another label",
    "UpdateSecretVersionStage",
    { secretId: "a", versionStage: "AWSPENDING", moveToVersionId: "v2" },
    undefined,
    "another-event",
  ],
  [
    "puts a value, by its token",
    "PutSecretValue",
    { secretId: "a", clientRequestToken: "v2" },
    undefined,
    { ...notice, secretArn: "a" },
  ],
  [
    "puts a value, by its answer",
    "PutSecretValue",
    { secretId: "a", clientRequestToken: "t" },
    { ARN: "arn", versionId: "v2" },
    notice,
  ],
  [
    "puts a value as AWSCURRENT",
    "PutSecretValue",
    { versionStages: ["AWSCURRENT"] },
    { aRN: "arn", versionId: "v2" },
    notice,
  ],
  [
    "puts a value as AWSPENDING",
    "PutSecretValue",
    { versionStages: ["AWSPENDING"] },
    { arn: "arn", versionId: "v2" },
    "another-event",
  ],
  ["updates a value", "UpdateSecret", { secretId: "a" }, { arn: "arn", versionId: "v2" }, notice],
  ["updates a description", "UpdateSecret", { secretId: "a", clientRequestToken: "t" }, { arn: "arn" }, "no-version"],
  ["rotated", "RotationSucceeded", undefined, undefined, "no-version"],
  ["reads", "GetSecretValue", { secretId: "a" }, undefined, "another-event"],
])("of a recorded call that %s", (_, eventName, requestParameters, responseElements, expected) => {
  const more = { requestParameters, responseElements };
  expect(call(eventName, more)).toEqual(expected);
  expect(call(eventName, more, "Amazon API Call via CloudTrail")).toEqual(expected);
  expect(call(eventName, more, "AWS Service Event via CloudTrail")).toEqual(expected);
});

test("a call that failed, and one of another service, say nothing", () => {
  const requestParameters = { secretId: "a", clientRequestToken: "v2" };
  expect(call("PutSecretValue", { errorCode: "AccessDenied", requestParameters })).toBe("another-event");
  expect(call("PutSecretValue", { eventSource: "s3.amazonaws.com", requestParameters })).toBe("not-a-rotation");
  expect(eventNotice({ "detail-type": "AWS API Call via CloudTrail" })).toBe("not-a-rotation");
});

test.each([
  [
    "a label",
    { name: "a", labelUpdated: "AWSCURRENT", versionId: "v2" },
    { secretArn: "a", versionId: "v2", replacedStillWorks: false },
  ],
  ["a rotation", detail, notice],
  ["a rotation without a strategy", { ...detail, strategy: undefined }, "not-a-rotation"],
  ["a rotation without an origin", { ...detail, origin: undefined }, "not-a-rotation"],
  [
    "a call",
    {
      eventSource: "secretsmanager.amazonaws.com",
      eventName: "UpdateSecret",
      eventTime: at,
      responseElements: { arn: "arn", versionId: "v2" },
    },
    notice,
  ],
  ["a call of another service", { eventSource: "s3.amazonaws.com", eventName: "UpdateSecret" }, "not-a-rotation"],
])("the detail of %s is enough, as far as it is known by itself", (_, event, expected) => {
  expect(eventNotice(event)).toEqual(expected);
});

test.each([
  [7, "rekey", "not-a-rotation"],
  ["Secret Retired", "rekey", "another-event"],
  ["Secret Retired", "rekey.canary", "another-event"],
  ["Secret Retired", "rekeyed", "not-a-rotation"],
  ["Secret Retired", "not rekey", "not-a-rotation"],
  ["Secret Deleted", "aws.secretsmanager", "another-event"],
  ["Secret Deleted", "aws.secretsmanager.x", "not-a-rotation"],
  ["Object Created", "aws.s3", "not-a-rotation"],
  ["Object Created", undefined, "not-a-rotation"],
])("another event, of the type %s and the source %s: %s", (type, source, reason) => {
  expect(eventNotice({ "detail-type": type, source, detail })).toBe(reason);
});
