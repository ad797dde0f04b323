import { createSign } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import { certificate, key } from "../../../tests/support/loopback-certificate.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretNotice } from "./invalidation-source.ts";
import { type SnsWebhook, snsWebhook } from "./sns-webhook.ts";

const topicArn = "arn:aws:sns:eu-west-1:111122223333:rotated";
const secretArn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
const versionId = "7d0a3c52-54d4-4b7c-8d9e-3c1f4ce2f001";
const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";

type Fields = Record<string, string>;

function signed(fields: Fields, signedFields: readonly string[], algorithm = "RSA-SHA256"): Fields {
  const text = signedFields.map((field) => `${field}\n${fields[field]}\n`).join("");
  return { ...fields, Signature: createSign(algorithm).update(text).sign(key, "base64") };
}
const notification = (change: Fields = {}, algorithm?: string): Fields =>
  signed(
    {
      Type: "Notification",
      MessageId: "1",
      TopicArn: topicArn,
      Message: JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn, versionId } }),
      Timestamp: new Date().toISOString(),
      SignatureVersion: "2",
      SigningCertURL: certificateUrl,
      ...change,
    },
    ["Message", "MessageId", "Timestamp", "TopicArn", "Type"],
    algorithm,
  );
const confirmation = (change: Fields = {}): Fields =>
  signed(
    {
      ...notification(),
      Type: "SubscriptionConfirmation",
      Token: "t",
      SubscribeURL: `${certificateUrl}?confirm`,
      ...change,
    },
    ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  );

const fetchText = vi.fn<(url: string) => Promise<string>>();
const sink = {
  notice: vi.fn<(notice: SecretNotice) => void>(),
  gap: vi.fn<() => void>(),
  error: vi.fn<(error: RekeyError) => void>(),
};
let webhook: SnsWebhook;

beforeEach(() => {
  vi.resetAllMocks();
  fetchText.mockResolvedValue(certificate);
  webhook = snsWebhook({ topicArns: [topicArn], fetchText });
  webhook.start(sink);
});

test.each([
  ["2", "RSA-SHA256"],
  ["1", "RSA-SHA1"],
])(
  "a notification that SNS signed (version %s) is a notice, and the certificate is fetched once",
  async (version, algorithm) => {
    const body = JSON.stringify(notification({ SignatureVersion: version }, algorithm));
    expect(await webhook.receive(body)).toBe(200);
    expect(await webhook.receive(body)).toBe(200);
    expect(sink.notice).toHaveBeenCalledTimes(2);
    expect(sink.notice).toHaveBeenCalledWith(expect.objectContaining({ secretArn, versionId }));
    expect(fetchText.mock.calls).toEqual([[certificateUrl]]);
  },
);

test.each<[string, () => object]>([
  ["an altered message", () => ({ ...notification(), Message: "{}" })],
  ["another topic", () => notification({ TopicArn: `${topicArn}-2` })],
  [
    "a certificate from elsewhere",
    () => notification({ SigningCertURL: "https://sns.eu-west-1.amazonaws.com.evil.test/a.pem" }),
  ],
  ["a certificate without TLS", () => notification({ SigningCertURL: certificateUrl.replace("https", "http") })],
  ["an old message", () => notification({ Timestamp: new Date(Date.now() - 7_200_000).toISOString() })],
  ["a message without a time", () => notification({ Timestamp: "soon" })],
  ["an unknown signature version", () => notification({ SignatureVersion: "3" })],
  ["an unknown type", () => notification({ Type: "Other" })],
  ["no signature", () => ({ ...notification(), Signature: undefined })],
  ["a confirmation that leads elsewhere", () => confirmation({ SubscribeURL: "https://evil.test/" })],
])("%s is refused and nothing is made of it", async (_what, message) => {
  expect(await webhook.receive(JSON.stringify(message()))).toBe(403);
  expect(sink.notice).not.toHaveBeenCalled();
  expect(sink.gap).not.toHaveBeenCalled();
  expect(sink.error).toHaveBeenCalledWith(expect.objectContaining({ code: "event-unverified" }));
});

test("what is no JSON is refused", async () => {
  expect(await webhook.receive("<xml>")).toBe(403);
});

test("a subscription is confirmed, and everything is asked for anew", async () => {
  expect(await webhook.receive(JSON.stringify(confirmation()))).toBe(200);
  expect(fetchText).toHaveBeenLastCalledWith(`${certificateUrl}?confirm`);
  expect(sink.gap).toHaveBeenCalledTimes(1);
});

test("when the certificate is not to be had, SNS is told to deliver again", async () => {
  fetchText.mockRejectedValueOnce(new Error("down"));
  const body = JSON.stringify(notification());
  expect(await webhook.receive(body)).toBe(503);
  expect(await webhook.receive(body)).toBe(200);
});

test("a certificate that never comes: 503 in time, reported once a minute, and later ones are fetched all the same", async () => {
  const slow = snsWebhook({ topicArns: [topicArn], fetchText, fetchTimeoutMs: 100 });
  slow.start(sink);
  fetchText.mockImplementation(async () => new Promise(() => undefined));
  for (let batch = 0; batch < 2; batch++) {
    const urls = Array.from({ length: 12 }, (_, each) => certificateUrl.replace("-1.pem", `-${batch}${each}.pem`));
    const bodies = urls.map((SigningCertURL) => JSON.stringify(notification({ SigningCertURL })));
    expect(new Set(await Promise.all(bodies.map(async (body) => slow.receive(body))))).toEqual(new Set([503]));
  }
  expect(sink.error).toHaveBeenCalledTimes(1);
  expect(sink.error.mock.calls).toMatchObject([[{ code: "invalidation-unavailable", context: { source: "sns" } }]]);
  fetchText.mockResolvedValue(certificate);
  expect(await slow.receive(JSON.stringify(notification()))).toBe(200);
});

test("a sink that throws does not keep the others from hearing, and SNS delivers the message again", async () => {
  const heard = vi.fn<(given: SecretNotice) => void>();
  sink.notice.mockImplementation(() => {
    throw new Error("canary");
  });
  sink.error.mockImplementation(() => {
    throw new Error("canary");
  });
  webhook.start({ notice: heard, gap: () => undefined, error: () => undefined });
  expect(await webhook.receive(JSON.stringify(notification()))).toBe(503);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a signed message that is no rotation is taken, and counted by its reason", async () => {
  const ignored: string[] = [];
  webhook.start({ ...sink, ignored: (reason) => void ignored.push(reason) });
  expect(await webhook.receive(JSON.stringify(notification({ Message: "hello" })))).toBe(200);
  expect(await webhook.receive(JSON.stringify(notification({ Message: '{"secret":"x"}' })))).toBe(200);
  expect(ignored).toEqual(["not-json", "not-a-rotation"]);
  expect(sink.notice).not.toHaveBeenCalled();
});

test("a body as bytes is taken as it came; one that a framework has parsed is refused with the reason", async () => {
  expect(await webhook.receive(Buffer.from(JSON.stringify(notification())) as never)).toBe(200);
  for (const body of [notification(), undefined, null, 7, []]) expect(await webhook.receive(body as never)).toBe(403);
  expect(sink.error.mock.calls.at(-1)).toMatchObject([{ context: { problem: expect.stringContaining("as it came") } }]);
});

test.each<[string, () => Response, 403 | 503]>([
  ["that SNS does not know", () => new Response("<html>", { status: 404 }), 403],
  ["that SNS refuses", () => new Response("<html>", { status: 403 }), 403],
  ["of megabytes", () => new Response("x".repeat(1_000_000)), 403],
  ["that SNS cannot give now", () => new Response("", { status: 500 }), 503],
])("a certificate %s: the status is right", async (_what, answer, status) => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => answer());
  try {
    const usual = snsWebhook({ topicArns: [topicArn] });
    expect(await usual.receive(JSON.stringify(notification()))).toBe(status);
    expect(fetched).toHaveBeenCalledWith(certificateUrl, expect.objectContaining({ redirect: "error" }));
  } finally {
    fetched.mockRestore();
  }
});
