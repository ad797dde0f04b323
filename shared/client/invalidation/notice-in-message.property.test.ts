import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  asBody,
  others,
  recognized,
  rotated,
  secretArn,
  unrecognized,
} from "../../../tests/field/clients/message-forms.ts";
import { ignoredReasons, type SecretNotice } from "./invalidation-source.ts";
import { deliver, messageContent } from "./notice-in-message.ts";

const versionId = randomUUID();
const forms = [
  ...Object.values(recognized).map((make) => make(versionId)),
  ...Object.values(unrecognized).map(([message]) => message),
  ...Object.values(others),
].map(asBody);
const short = forms.filter((body) => body.length < 10_000);

/** A message of somebody, of which a part is cut out, repeated or written over. */
const mutated = fc
  .tuple(
    fc.constantFrom(...short),
    fc.nat(10_000),
    fc.nat(200),
    fc.oneof(fc.string(), fc.json(), fc.constantFrom(...short)),
  )
  .map(
    ([body, from, length, text]) =>
      `${body.slice(0, from % body.length)}${text}${body.slice((from % body.length) + length)}`,
  );

/** The same event, of which one field at any depth has another value. */
const altered = fc.tuple(fc.constantFrom(...short), fc.nat(40), fc.jsonValue()).map(([body, which, value]) => {
  let left = which;
  try {
    return JSON.stringify(JSON.parse(body, (_key, each: unknown) => (left-- === 0 ? value : each)));
  } catch {
    return body;
  }
});

const anything = fc.oneof(mutated, altered, fc.string(), fc.json(), fc.constantFrom(...short));
const runs = { seed: 20_261_201, numRuns: 3_000 };

test("whatever a message is, it gives notices that are well-formed, or reasons that are known, and does no harm", async () => {
  await fc.assert(
    fc.asyncProperty(anything, async (body) => {
      const { notices, ignored } = messageContent(body);
      expect(notices.length + ignored.length).toBeGreaterThan(0);
      expect(notices.length + ignored.length).toBeLessThanOrEqual(102);
      for (const reason of ignored) expect(ignoredReasons).toContain(reason);
      for (const notice of notices) {
        expect(notice.secretArn.length).toBeLessThanOrEqual(2_048);
        expect(notice.versionId).toMatch(/^[^]{1,64}$/);
        expect(notice.secretArn).not.toBe("");
        expect(Number.isNaN(notice.atMs)).toBe(false);
      }
      const told: (SecretNotice | string)[] = [];
      const sink = {
        notice: (notice: SecretNotice) => void told.push(notice),
        ignored: (reason: string) => void told.push(reason),
        gap: () => expect.unreachable("a message makes no gap"),
        error: () => expect.unreachable("a message is no failure"),
        heard: () => undefined,
      };
      await deliver(body, sink);
      expect(told).toEqual([...ignored, ...notices]);
    }),
    runs,
  );
});

/** What every form of a rotation says in some way, in words that no other event of rekey or Secrets Manager has. */
const marks = /Secret Rotated|labelUpdated|"origin"|UpdateSecretVersionStage|PutSecretValue|UpdateSecret/;
const textsIn = (body: string): string =>
  `${body} ${Buffer.from(body, "base64").toString("utf8")}`.replaceAll("\\", "");

test("a message without a mark of a rotation gives no notice", () => {
  fc.assert(
    fc.property(anything, (body) => {
      const notices = marks.test(textsIn(body)) ? [] : messageContent(body).notices;
      expect(notices).toEqual([]);
    }),
    runs,
  );
});

test("an event of any other type gives no notice, whatever its detail has", () => {
  const known =
    /^(Secret Rotated|Secret Label Updated|A(WS|mazon) API Call via CloudTrail|AWS Service Event via CloudTrail)$/;
  const type = fc.oneof(fc.string(), fc.jsonValue()).filter((given) => typeof given !== "string" || !known.test(given));
  fc.assert(
    fc.property(type, fc.dictionary(fc.string(), fc.jsonValue()), (detailType, more) => {
      const { "detail-type": _type, ...event } = rotated(versionId);
      const detail = { ...more, ...(event["detail"] as object) };
      expect(messageContent(JSON.stringify({ ...event, detail, "detail-type": detailType })).notices).toEqual([]);
    }),
    runs,
  );
});

test("every form of a rotation names its secret and the version", () => {
  for (const make of Object.values(recognized)) {
    const { notices, ignored } = messageContent(asBody(make(versionId)));
    expect(ignored).toEqual([]);
    expect(notices).toMatchObject([{ versionId }]);
    expect([secretArn, "prod/orders"]).toContain(notices[0]?.secretArn);
  }
});
