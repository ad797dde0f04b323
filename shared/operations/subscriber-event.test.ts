import { expect, test } from "vitest";
import { parseRetirementCue, speaksForItself } from "./subscriber-event.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const versionId = "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e";
const detail = { secretArn, versionId, at: "2026-01-02T03:04:05.678Z", subscriber: "orders-api" };
const rotated = (changes: object = {}) =>
  JSON.stringify({ "detail-type": "Secret Rotated", detail: { ...detail, ...changes } });
const adopted = (changes: object = {}, source: unknown = "rekey.subscriber.orders-api") =>
  JSON.stringify({ "detail-type": "Secret Adopted", source, detail: { ...detail, ...changes } });

test.each([
  ["a VersionId of 32 characters", rotated({ versionId: "v".repeat(32) })],
  ["a VersionId of 64 characters", rotated({ versionId: "V-9".padEnd(64, "0") })],
  ["a time without a fraction", rotated({ at: "2026-01-02T03:04:05Z" })],
  ["a name of 64 characters", adopted({ subscriber: "s".repeat(64) })],
  ["a name with every sign that it may have", adopted({ subscriber: "aZ09_./=+@:-" })],
  ["a name of one character, under the former source", adopted({ subscriber: "s" }, "rekey.subscriber")],
])("a cue with %s is taken", (_what, body) => {
  expect(parseRetirementCue(body)).toMatchObject({ secretArn });
});

test.each([
  ["not JSON", "{"],
  ["no secretArn", "null"],
  ["no secretArn", '{"detail":null}'],
  ["no secretArn", '"text"'],
  ["no secretArn", rotated({ secretArn: `x${secretArn}` })],
  ["no secretArn", rotated({ secretArn: `${secretArn}x` })],
  ["no secretArn", rotated({ secretArn: [secretArn] })],
  ["no versionId", rotated({ versionId: "v".repeat(31) })],
  ["no versionId", rotated({ versionId: "v".repeat(65) })],
  ["no versionId", rotated({ versionId: `${"v".repeat(32)} ` })],
  ["no versionId", rotated({ versionId: ` ${"v".repeat(32)}` })],
  ["no subscriber", adopted({ subscriber: "" })],
  ["no subscriber", adopted({ subscriber: "s".repeat(65) })],
  ["no subscriber", adopted({ subscriber: "orders api" })],
  ["no subscriber", adopted({ subscriber: " s" })],
  ["no subscriber", adopted({ subscriber: 7 })],
  ["no source", adopted({}, null)],
  ["no source", adopted({}, "x.rekey.subscriber.orders-api")],
  ["no source", adopted({}, "rekey-subscriber")],
  ["another detail-type", JSON.stringify({ detail })],
  ["no at", rotated({ at: "2026-13-02T03:04:05Z" })],
  ["no at", rotated({ at: "x2026-01-02T03:04:05Z" })],
  ["no at", rotated({ at: "2026-01-02T03:04:05Zx" })],
  ["no at", rotated({ at: "2026-01-02" })],
  ["no at", rotated({ at: 1_767_322_800_000 })],
])("an event is malformed with %s: %s", (problem, body) => {
  expect(() => parseRetirementCue(body)).toThrow(
    expect.objectContaining({ code: "event-malformed", context: { problem } }),
  );
});

test("a subscriber speaks for itself under its own source, and under the former one where that is taken", () => {
  const from = (source: string) =>
    ({ kind: "adopted", secretArn, versionId, subscriber: "orders-api", source }) as const;
  const sources = ["rekey.subscriber.orders-api", "rekey.subscriber", "rekey.subscriber.billing", ""];
  expect(sources.map((source) => speaksForItself(from(source), false))).toEqual([true, false, false, false]);
  expect(sources.map((source) => speaksForItself(from(source), true))).toEqual([true, true, false, false]);
});
