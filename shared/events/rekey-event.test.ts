import { expect, test } from "vitest";
import { deliveredEvent, parseDeliveredEvent } from "./delivered-event.ts";
import { retirementCueIn, secretArnIn } from "./rekey-event.ts";

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
