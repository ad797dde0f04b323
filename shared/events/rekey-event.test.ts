import { expect, test } from "vitest";
import { deliveredEvent, parseDeliveredEvent } from "./delivered-event.ts";
import { type RetirementCue, retirementCueIn, secretArnIn, speaksForItself } from "./rekey-event.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const detail = { secretArn, versionId: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e", at: "2026-01-02T03:04:05.678Z" };
const rotated = (fields: object = {}) => ({ "detail-type": "Secret Rotated", detail: { ...detail, ...fields } });

test("the two events that may make a credential due are read", () => {
  const ids = { secretArn, versionId: detail.versionId };
  expect(retirementCueIn(deliveredEvent(rotated()))).toEqual({ kind: "rotated", ...ids, at: new Date(detail.at) });
  const source = "rekey.subscriber.orders-api";
  const adopted = { "detail-type": "Secret Adopted", source, detail: { ...detail, subscriber: "orders-api" } };
  const adoption = { kind: "adopted", ...ids, subscriber: "orders-api", source };
  expect(retirementCueIn(deliveredEvent(adopted))).toEqual(adoption);
});

test.each([
  ["another event", { ...rotated(), "detail-type": "Secret Retired" }],
  ["no version", rotated({ versionId: "" })],
  ["no such time", rotated({ at: "2026-99-99T99:99Z" })],
  ["a part of an ARN", rotated({ secretArn: secretArn.slice(0, -7) })],
  ["no subscriber", { ...rotated(), "detail-type": "Secret Adopted" }],
  ["no detail", { "detail-type": "Secret Rotated" }],
])("%s is event-malformed", (_what, event) => {
  expect(() => retirementCueIn(deliveredEvent(event))).toThrow(expect.objectContaining({ code: "event-malformed" }));
});

test.each(["not JSON", "7", "null", "[]", '{"detail":null}', '{"detail":{"secretArn":"name-only"}}'])(
  "%s names no secret",
  (body) => {
    const problem = body === "not JSON" ? body : "no detail.secretArn";
    expect(() => secretArnIn(parseDeliveredEvent(body))).toThrow(
      expect.objectContaining({ code: "event-malformed", context: { problem } }),
    );
  },
);

const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}`;
const eventOf = (secretArn: unknown): string => JSON.stringify({ detail: { secretArn } });
const cueIn = (body: string): RetirementCue => retirementCueIn(parseDeliveredEvent(body));
const secretArnOf = (body: string): string => secretArnIn(parseDeliveredEvent(body));
const isTaken = (arn: string): boolean => {
  try {
    return secretArnOf(eventOf(arn)) === arn;
  } catch {
    return false;
  }
};

test("the secret of an event is read from its detail", () => {
  expect(secretArnOf(eventOf(arnOf("db/app-AbCdEf")))).toBe(arnOf("db/app-AbCdEf"));
});

test.each([
  ["not JSON", "{"],
  ["no detail.secretArn", "7"],
  ["no detail.secretArn", '{"detail":null}'],
  ["no detail.secretArn", eventOf([arnOf("db/app-AbCdEf")])],
  ["no detail.secretArn", eventOf("db/app")],
])("an event is malformed with %s: %s", (problem, body) => {
  expect(() => secretArnOf(body)).toThrow(expect.objectContaining({ code: "event-malformed", context: { problem } }));
});

test.each([
  ["of one character", arnOf("a-AbCdEf")],
  ["of 512 characters", arnOf(`${"a".repeat(512)}-AbCdEf`)],
  [
    "of another partition and region",
    arnOf("a-AbC1Ef").replace(":aws:", ":aws-us-gov:").replace("us-east-1", "us-gov-west-1"),
  ],
])("an ARN with a name %s is one of a secret", (_what, arn) => {
  expect(isTaken(arn)).toBe(true);
});

test.each([
  ["no name", arnOf("-AbCdEf")],
  ["a name that is too long", arnOf(`${"a".repeat(513)}-AbCdEf`)],
  ["a suffix of seven characters", arnOf("app-AbCdEf7")],
  ["a suffix of five characters", arnOf("app-AbCdE")],
  ["a suffix of other characters", arnOf("app-AbC_Ef")],
  ["something before it", `x${arnOf("app-AbCdEf")}`],
  ["an account of 13 digits", arnOf("app-AbCdEf").replace("123456789012", "1234567890123")],
  ["an account of letters", arnOf("app-AbCdEf").replace("123456789012", "12345678901x")],
  ["no region", arnOf("app-AbCdEf").replace("us-east-1", "")],
  ["no partition", arnOf("app-AbCdEf").replace("arn:aws:", "arn::")],
  ["a partition of digits", arnOf("app-AbCdEf").replace(":aws:", ":123:")],
  ["a region of other characters", arnOf("app-AbCdEf").replace("us-east-1", "us_east_1")],
  ["another service", arnOf("app-AbCdEf").replace("secretsmanager", "ssm")],
])("an ARN with %s is none of a secret", (_what, arn) => {
  expect(isTaken(arn)).toBe(false);
});

const { versionId } = detail;
const cue = { ...detail, subscriber: "orders-api" };
const rotatedText = (changes: object = {}) =>
  JSON.stringify({ "detail-type": "Secret Rotated", detail: { ...cue, ...changes } });
const adoptedText = (changes: object = {}, source: unknown = "rekey.subscriber.orders-api") =>
  JSON.stringify({ "detail-type": "Secret Adopted", source, detail: { ...cue, ...changes } });

test.each([
  ["a VersionId of 32 characters", rotatedText({ versionId: "v".repeat(32) })],
  ["a VersionId of 64 characters", rotatedText({ versionId: "V-9".padEnd(64, "0") })],
  ["a time without a fraction", rotatedText({ at: "2026-01-02T03:04:05Z" })],
  ["a name of 64 characters", adoptedText({ subscriber: "s".repeat(64) })],
  ["a name with every sign that it may have", adoptedText({ subscriber: "aZ09_./=+@:-" })],
  ["a name of one character, under the former source", adoptedText({ subscriber: "s" }, "rekey.subscriber")],
])("a cue with %s is taken", (_what, body) => {
  expect(cueIn(body)).toMatchObject({ secretArn });
});

test.each([
  ["not JSON", "{"],
  ["no secretArn", "null"],
  ["no secretArn", '{"detail":null}'],
  ["no secretArn", '"text"'],
  ["no secretArn", rotatedText({ secretArn: `x${secretArn}` })],
  ["no secretArn", rotatedText({ secretArn: `${secretArn}x` })],
  ["no secretArn", rotatedText({ secretArn: [secretArn] })],
  ["no versionId", rotatedText({ versionId: "v".repeat(31) })],
  ["no versionId", rotatedText({ versionId: "v".repeat(65) })],
  ["no versionId", rotatedText({ versionId: `${"v".repeat(32)} ` })],
  ["no versionId", rotatedText({ versionId: ` ${"v".repeat(32)}` })],
  ["no subscriber", adoptedText({ subscriber: "" })],
  ["no subscriber", adoptedText({ subscriber: "s".repeat(65) })],
  ["no subscriber", adoptedText({ subscriber: "orders api" })],
  ["no subscriber", adoptedText({ subscriber: " s" })],
  ["no subscriber", adoptedText({ subscriber: 7 })],
  ["no source", adoptedText({}, null)],
  ["no source", adoptedText({}, "x.rekey.subscriber.orders-api")],
  ["no source", adoptedText({}, "rekey-subscriber")],
  ["another detail-type", JSON.stringify({ detail })],
  ["no at", rotatedText({ at: "2026-13-02T03:04:05Z" })],
  ["no at", rotatedText({ at: "x2026-01-02T03:04:05Z" })],
  ["no at", rotatedText({ at: "2026-01-02T03:04:05Zx" })],
  ["no at", rotatedText({ at: "2026-01-02" })],
  ["no at", rotatedText({ at: 1_767_322_800_000 })],
])("an event is malformed with %s: %s", (problem, body) => {
  expect(() => cueIn(body)).toThrow(expect.objectContaining({ code: "event-malformed", context: { problem } }));
});

test("a subscriber speaks for itself under its own source, and under the former one where that is taken", () => {
  const from = (source: string) =>
    ({ kind: "adopted", secretArn, versionId, subscriber: "orders-api", source }) as const;
  const sources = ["rekey.subscriber.orders-api", "rekey.subscriber", "rekey.subscriber.billing", ""];
  expect(sources.map((source) => speaksForItself(from(source), false))).toEqual([true, false, false, false]);
  expect(sources.map((source) => speaksForItself(from(source), true))).toEqual([true, true, false, false]);
});
