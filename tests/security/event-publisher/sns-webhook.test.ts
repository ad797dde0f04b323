import { createSign } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import type { SecretNotice } from "../../../shared/client/invalidation/invalidation-source.ts";
import { type SnsWebhook, snsWebhook } from "../../../shared/client/invalidation/sns-webhook.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";

const topicArn = "arn:aws:sns:eu-west-1:111122223333:rotated";
const theirTopicArn = "arn:aws:sns:eu-west-1:999999999999:theirs";
const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
const notice = JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn, versionId: "invented" } });

/** What SNS signs, whoever's topic it is: anybody can publish to one of their own and is sent the signature. */
function signatureOf(fields: Readonly<Record<string, string>>): string {
  const text = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"].map((name) => `${name}\n${fields[name]}\n`);
  return createSign("RSA-SHA256").update(text.join("")).sign(key, "base64");
}

const ofTheirTopic = {
  Type: "Notification",
  MessageId: "1",
  TopicArn: theirTopicArn,
  Message: notice,
  Timestamp: "2026-01-01T00:00:00.000Z",
};
const signed = { ...ofTheirTopic, SignatureVersion: "2", SigningCertURL: certificateUrl };

const fetchText = vi.fn<(url: string) => Promise<string>>();
const sink = { notice: vi.fn<(notice: SecretNotice) => void>(), gap: vi.fn<() => void>(), error: vi.fn<() => void>() };
let webhook: SnsWebhook;

beforeEach(() => {
  vi.resetAllMocks();
  fetchText.mockResolvedValue(certificate);
  webhook = snsWebhook({ topicArns: [topicArn], fetchText });
  webhook.start(sink);
});

test("SNS's signature of a message to one's own topic does not pass for one of the topic that is listened to", async () => {
  const forged = {
    ...signed,
    Signature: signatureOf(ofTheirTopic),
    // In the signed text these lines belong to the id; as arrays the topic and the time are in none.
    MessageId: `1\nTimestamp\n${ofTheirTopic.Timestamp}\nTopicArn\n${theirTopicArn}`,
    TopicArn: [topicArn],
    Timestamp: [new Date().toISOString()],
  };
  expect(await webhook.receive(JSON.stringify(forged))).toBe(403);
  expect(sink.notice).not.toHaveBeenCalled();
});

test.each([
  [
    "an answer that SNS's host makes of a query",
    `${new URL(certificateUrl).origin}/?Action=x&y=/SimpleNotificationService-1.pem`,
  ],
  ["another path of SNS's host", `${new URL(certificateUrl).origin}/theirs.pem`],
  ["the SNS of another region", certificateUrl.replace("eu-west-1", "us-gov-east-1")],
])("a certificate from %s is not fetched, and what it signed is refused", async (_what, url) => {
  const fields = { ...ofTheirTopic, TopicArn: topicArn, Timestamp: new Date().toISOString() };
  const forged = { ...signed, ...fields, SigningCertURL: url, Signature: signatureOf(fields) };
  expect(await webhook.receive(JSON.stringify(forged))).toBe(403);
  expect(fetchText).not.toHaveBeenCalled();
  expect(sink.notice).not.toHaveBeenCalled();
});

test("a hundred unsigned messages, each with an invented certificate, make ten requests at once at most", async () => {
  const answers: ((text: string) => void)[] = [];
  fetchText.mockImplementation(async () => new Promise((resolve) => answers.push(resolve)));
  const fields = { ...signed, TopicArn: topicArn, Timestamp: new Date().toISOString(), Signature: "none" };
  const received = Array.from({ length: 100 }, async (_, each) =>
    webhook.receive(JSON.stringify({ ...fields, SigningCertURL: certificateUrl.replace("-1.pem", `-${each}.pem`) })),
  );
  await expect.poll(() => fetchText.mock.calls.length).toBeGreaterThan(0);
  expect(fetchText.mock.calls.length).toBeLessThanOrEqual(10);
  for (const answer of answers) answer("<html>");
  expect(new Set(await Promise.all(received))).toEqual(new Set([403, 503]));
});

test("a body of megabytes is refused before it is parsed", async () => {
  const parse = vi.spyOn(JSON, "parse");
  try {
    expect(await webhook.receive(`[${"0,".repeat(2_000_000)}0]`)).toBe(403);
    expect(parse).not.toHaveBeenCalled();
  } finally {
    parse.mockRestore();
  }
});

test("a type and a signature version that every object has are refused as SNS's unknown ones are", async () => {
  const fields = { ...signed, TopicArn: topicArn, Timestamp: new Date().toISOString(), Signature: "none" };
  for (const change of [{ Type: "constructor" }, { SignatureVersion: "constructor" }, { SignatureVersion: ["2"] }])
    expect(await webhook.receive(JSON.stringify({ ...fields, ...change }))).toBe(403);
  expect(fetchText).not.toHaveBeenCalled();
});
