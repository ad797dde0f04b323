import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import {
  asBody,
  inSns,
  recognized,
  rotated,
  secretArn,
  unrecognized,
} from "../../../tests/field/clients/message-forms.ts";
import { guardedSink } from "./invalidation-source.ts";
import { deliver, longestBody, messageContent, noticeInMessage, signedPart } from "./notice-in-message.ts";

const versionId = randomUUID();
const rotation = JSON.stringify(rotated(versionId));
const times = (count: number, envelope: (inner: unknown) => unknown, inner: unknown): string =>
  JSON.stringify(Array.from({ length: count }).reduce<unknown>((event) => envelope(event), inner));

test.each(Object.entries(recognized))("a rotation is heard: %s", (_, make) => {
  const { notices, ignored } = messageContent(asBody(make(versionId)));
  expect(ignored).toEqual([]);
  expect(notices).toHaveLength(1);
  expect(notices[0]?.versionId).toBe(versionId);
  expect([secretArn, "prod/orders"]).toContain(notices[0]?.secretArn);
});

test.each(Object.entries(unrecognized))(
  "what is no rotation is ignored with its reason: %s",
  (_, [message, reason]) => {
    expect(messageContent(asBody(message))).toEqual({ notices: [], ignored: [reason] });
  },
);

test("five envelopes are opened, and six are no rotation", () => {
  expect(noticeInMessage(times(5, inSns, rotated(versionId)))?.versionId).toBe(versionId);
  expect(messageContent(times(6, inSns, rotated(versionId)))).toEqual({ notices: [], ignored: ["not-a-rotation"] });
  expect(noticeInMessage(times(5, (inner) => [inner], rotated(versionId)))?.versionId).toBe(versionId);
  expect(messageContent(times(6, (inner) => [inner], rotated(versionId))).ignored).toEqual(["not-a-rotation"]);
  expect(noticeInMessage(times(5, (inner) => JSON.stringify(inner), rotated(versionId)))?.versionId).toBe(versionId);
  expect(messageContent(times(7, (inner) => JSON.stringify(inner), rotated(versionId))).notices).toEqual([]);
});

test("a batch gives up to a hundred, and says that there were more", () => {
  const of = (count: number) => messageContent(JSON.stringify(Array.from({ length: count }, () => rotated(versionId))));
  expect([of(100).notices.length, of(100).ignored]).toEqual([100, []]);
  expect([of(101).notices.length, of(101).ignored]).toEqual([100, ["too-many"]]);
  const mixed = messageContent(
    JSON.stringify([...Array.from({ length: 60 }, () => 7), ...Array.from({ length: 60 }, () => rotated(versionId))]),
  );
  expect([mixed.notices.length, mixed.ignored.length]).toEqual([40, 61]);
});

test("a message as long as SQS takes is read, and a longer one is not", () => {
  expect(noticeInMessage(rotation.padEnd(longestBody))?.versionId).toBe(versionId);
  expect(messageContent(rotation.padEnd(longestBody + 1))).toEqual({ notices: [], ignored: ["too-large"] });
  expect(longestBody).toBe(1_048_576);
});

test.each([
  ["records that are no list", { Records: {} }],
  ["a record of another service", { eventSource: "aws:s3", body: rotation }],
  ["a record without a body", { eventSource: "aws:sqs" }],
  ["a record of SNS that is a text", { Sns: rotation }],
  ["a message that is no text", { Message: 7 }],
  ["a payload without a context", { requestPayload: rotated(versionId) }],
  ["a context that is a list", { requestContext: [], requestPayload: rotated(versionId) }],
])("%s is no envelope", (_, value) => {
  expect(messageContent(JSON.stringify(value))).toEqual({ notices: [], ignored: ["not-a-rotation"] });
});

test.each([
  ["too short", Buffer.from("[]").toString("base64")],
  ["of a number", Buffer.from("1234567890123").toString("base64")],
  ["of null", Buffer.from("null            ").toString("base64")],
  ["with more behind it", `${Buffer.from(rotation).toString("base64")}===`],
  ["with more before it", `!${Buffer.from(rotation).toString("base64")}`],
])("base64 %s is not opened", (_, body) => expect(messageContent(body).ignored).toEqual(["not-json"]));

test("what a channel has signed is the text inside, with the signature over it", () => {
  const signed = { Message: rotation, RekeySignature: "s" };
  expect(signedPart(JSON.stringify(signed))).toEqual({ text: rotation, signature: "s" });
  for (const body of [rotation, "canary", "[]", JSON.stringify({ Message: 7, RekeySignature: "s" })])
    expect(signedPart(body)).toEqual({ text: body, signature: undefined });
});

test("what a message says is handed over in its order, each after the one before is applied", async () => {
  const applied: string[] = [];
  const ignored = vi.fn<(reason: string) => void>();
  const sink = guardedSink({
    async notice(notice) {
      applied.push(`begin ${notice.versionId}`);
      await Promise.resolve();
      applied.push(`end ${notice.versionId}`);
    },
    gap: () => undefined,
    error: () => undefined,
    ignored,
  });
  await deliver(JSON.stringify([rotated("v1"), 7, rotated("v2")]), sink);
  expect(applied).toEqual(["begin v1", "end v1", "begin v2", "end v2"]);
  expect(ignored.mock.calls).toEqual([["not-a-rotation"]]);
});
