import { expect, test } from "vitest";
import { awsEventIn } from "./aws-event.ts";
import { deliveredEvent, parseDeliveredEvent } from "./delivered-event.ts";

const secretArn = "arn:aws:secretsmanager:us-west-2:012345678901:secret:db/orders-a1b2c3";
const labelUpdated = (detail: object) => ({
  source: "aws.secretsmanager",
  "detail-type": "Secret Label Updated",
  time: "2026-02-06T16:43:48Z",
  resources: [secretArn],
  detail: { name: "db/orders", labelUpdated: "AWSCURRENT", versionId: "v1", ...detail },
});
const called = (detail: object, partition = "AWS") => ({
  source: "aws.secretsmanager",
  "detail-type": `${partition} API Call via CloudTrail`,
  detail: { eventSource: "secretsmanager.amazonaws.com", eventName: "DeleteSecret", ...detail },
});
const recorded = (detail: object) => ({
  source: "aws.secretsmanager",
  "detail-type": "AWS Service Event via CloudTrail",
  detail: { additionalEventData: { SecretId: secretArn }, ...detail },
});
const parse = (event: object) => awsEventIn(deliveredEvent(event));

test("Secret Label Updated: the version, and when", () => {
  expect(parse(labelUpdated({}))).toEqual({
    kind: "label-moved",
    secretArn,
    versionId: "v1",
    at: new Date("2026-02-06T16:43:48Z"),
  });
});

test.each([
  ["the answer's arn", called({ responseElements: { arn: secretArn } })],
  ["the answer's aRN, as before 2024", called({ responseElements: { aRN: secretArn } })],
  ["the answer's ARN", called({ responseElements: { ARN: secretArn }, eventName: "RestoreSecret" })],
  ["the request's secretId", called({ requestParameters: { secretId: secretArn } })],
  ["the China partition's record", called({ responseElements: { arn: secretArn } }, "Amazon")],
])("an API call by CloudTrail: %s", (_what, event) => {
  expect(parse(event)).toEqual({ kind: "deleted-or-restored", secretArn });
});

test.each([
  ["TagResource", { tags: [{ key: "rekey:mirror", value: "canary" }, { key: "team" }] }],
  ["TagResource", { tags: [{ Key: "rekey:mirror", Value: "canary" }] }],
  ["UntagResource", { tagKeys: ["team", "rekey:mirror", "rekey:mirror"] }],
])("%s: the names of rekey's tags, and the secret as it was called", (eventName, request) => {
  const event = called({ eventName, requestParameters: { secretId: "db/orders", ...request }, responseElements: null });
  expect(parse(event)).toEqual({ kind: "retagged", secretId: "db/orders", tags: ["rekey:mirror"] });
});

test("a rotation that stopped: the outcome and the step, and nothing else of the message", () => {
  const errorMessage = "Error when executing lambda arn:aws:lambda:us-west-2:1:function:f during setSecret step";
  expect(parse(recorded({ eventName: "RotationFailed", errorMessage }))).toEqual({
    kind: "rotation-stopped",
    secretArn,
    outcome: "failed",
    step: "setSecret",
  });
  const other = recorded({ eventName: "RotationAbandoned", errorMessage: "because of canary during pa55 step" });
  expect(parse(other)).toEqual({ kind: "rotation-stopped", secretArn, outcome: "abandoned" });
});

test.each([
  ["another label", labelUpdated({ labelUpdated: "blue" })],
  ["a call that AWS refused", called({ errorCode: "AccessDenied", requestParameters: { secretId: secretArn } })],
  ["another call", called({ eventName: "PutResourcePolicy", requestParameters: { secretId: secretArn } })],
  [
    "a tag of somebody else's",
    called({
      eventName: "TagResource",
      requestParameters: { secretId: "db/orders", tags: [{ key: "team", value: "a" }] },
    }),
  ],
  ["a rotation that went well", recorded({ eventName: "RotationSucceeded" })],
])("%s says nothing", (_what, event) => {
  expect(parse(event)).toBeUndefined();
});

test.each([
  ["no JSON", "{"],
  ["another source", JSON.stringify({ ...labelUpdated({}), source: "rekey" })],
  ["no ARN", JSON.stringify({ ...labelUpdated({}), resources: [] })],
  ["another service's ARN", JSON.stringify(called({ responseElements: { arn: "arn:aws:s3:::bucket" } }))],
  [
    "no secret",
    JSON.stringify(called({ eventName: "UntagResource", requestParameters: { tagKeys: ["rekey:mirror"] } })),
  ],
  ["no version", JSON.stringify(labelUpdated({ versionId: 1 }))],
  ["no time", JSON.stringify({ ...labelUpdated({}), time: "yesterday" })],
])("%s is event-malformed, and no part of it is in the error", (_what, body) => {
  expect(() => awsEventIn(parseDeliveredEvent(body))).toThrow(expect.objectContaining({ code: "event-malformed" }));
});
