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

test.each(["createSecret", "setSecret", "testSecret", "finishSecret"])(
  "a rotation that stopped: the outcome and the step %s, and nothing else of the message",
  (step) => {
    const errorMessage = `Error when executing lambda arn:aws:lambda:us-west-2:1:function:f during ${step} step`;
    expect(parse(recorded({ eventName: "RotationFailed", errorMessage }))).toEqual({
      kind: "rotation-stopped",
      secretArn,
      outcome: "failed",
      step,
    });
  },
);

test.each([
  ["names another step", "because of canary during pa55 step"],
  ["names what only every object has", "because of canary during constructor step"],
  ["names none", "canary"],
  ["is a list", ["canary during setSecret step"]],
  ["is absent", undefined],
])("of a rotation that stopped with a message that %s there is no step", (_what, errorMessage) => {
  const event = recorded({ eventName: "RotationAbandoned", errorMessage });
  expect(parse(event)).toStrictEqual({ kind: "rotation-stopped", secretArn, outcome: "abandoned" });
});

test("of names that only look like a tag's, a key's or an ARN's nothing is read", () => {
  const own = { key: "rekey:mirror" };
  const tags = [
    { keys: "rekey:a", aKey: "rekey:b" },
    null,
    7,
    own,
    { key: ["rekey:z"] },
    { key: "my-rekey:c" },
    { key: "rekey:d!" },
  ];
  const requestParameters = {
    mySecretId: "x",
    secretIdOf: "y",
    tagsOf: [{ key: "rekey:e" }],
    myTags: [{ key: "rekey:f" }],
  };
  const lists = { tagKeysOf: ["rekey:g"], myTagKeys: ["rekey:h"], tags, tagKeys: "rekey:i" };
  const eventName = "TagResource";
  const event = called({ eventName, requestParameters: { ...requestParameters, ...lists, secretId: "db/orders" } });
  expect(parse(event)).toEqual({ kind: "retagged", secretId: "db/orders", tags: ["rekey:mirror"] });
});

test.each([
  ["set", { tags: [{ key: `rekey:${"a".repeat(40)}` }] }, [`rekey:${"a".repeat(40)}`]],
  ["removed", { tagKeys: [`rekey:${"a".repeat(41)}`, "rekey:", "rekey:a-b"] }, ["rekey:a-b"]],
  ["given in a text", { tagKeys: "rekey:mirror", tags: ["rekey:mirror", { key: "rekey:b" }] }, ["rekey:b"]],
])("of tags that are %s only the names that rekey's may have are kept", (_what, request, tags) => {
  const event = called({ eventName: "TagResource", requestParameters: { secretId: "db/orders", ...request } });
  expect(parse(event)).toMatchObject({ tags });
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

const json = JSON.stringify;
const noSecret = "no ARN of a secret";
const noVersion = "no versionId or time";

test.each([
  ["not JSON", "{"],
  ["not from Secrets Manager", json({ ...labelUpdated({}), source: "rekey" })],
  ["not from Secrets Manager", "null"],
  ["not from Secrets Manager", '"aws.secretsmanager"'],
  [noSecret, json({ ...labelUpdated({}), resources: [] })],
  [noSecret, json({ ...labelUpdated({}), resources: secretArn })],
  [noSecret, json({ ...labelUpdated({}), resources: [[secretArn]] })],
  [noSecret, json(called({ responseElements: { arn: "arn:aws:s3:::bucket" } }))],
  [noSecret, json(called({ responseElements: { arn: `x${secretArn}` } }))],
  [noSecret, json(called({ responseElements: secretArn, requestParameters: null }))],
  [noSecret, json(recorded({ eventName: "RotationFailed", additionalEventData: {} }))],
  ["no secretId", json(called({ eventName: "UntagResource", requestParameters: { tagKeys: ["rekey:mirror"] } }))],
  [noVersion, json(labelUpdated({ versionId: 1 }))],
  [noVersion, json({ ...labelUpdated({}), time: "yesterday" })],
])("an event is malformed with %s, and no part of it is in the error: %s", (problem, body) => {
  expect(() => awsEventIn(parseDeliveredEvent(body))).toThrow(
    expect.objectContaining({ code: "event-malformed", context: { problem } }),
  );
});

test("an event of another kind says nothing, whatever its detail", () => {
  const event = recorded({ eventName: "RotationFailed" });
  for (const type of ["AWS Console Action via CloudTrail", "AWS Service Event via CloudTrail again"]) {
    expect(parse({ ...event, "detail-type": type })).toBeUndefined();
  }
});
