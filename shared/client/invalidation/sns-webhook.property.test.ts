import { createSign } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { certificate, key } from "../../../tests/support/loopback-certificate.ts";
import { snsWebhook } from "./sns-webhook.ts";

const topicArn = "arn:aws:sns:eu-west-1:111122223333:rotated";
const fields = {
  Message: '{"detail-type":"Secret Rotated","detail":{"secretArn":"s","versionId":"v"}}',
  MessageId: "1",
  Timestamp: new Date().toISOString(),
  TopicArn: topicArn,
  Type: "Notification",
};
const names = Object.keys(fields) as (keyof typeof fields)[];
const text = names.map((name) => `${name}\n${fields[name]}\n`).join("");
const message = {
  ...fields,
  SignatureVersion: "2",
  SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
  Signature: createSign("RSA-SHA256").update(text).sign(key, "base64"),
};

/** Values that a message of SNS's own could be taken apart and put together into. */
const lines = text.split("\n");
const piece = fc
  .tuple(fc.nat(lines.length), fc.nat(lines.length))
  .map(([one, other]) => lines.slice(Math.min(one, other), Math.max(one, other)).join("\n"));
const value = fc.oneof(piece, fc.jsonValue(), fc.constantFrom(...Object.values(message)));
const changed = fc
  .dictionary(
    fc.constantFrom(...Object.keys(message), "Subject", "detail", "__proto__"),
    fc.oneof(value, fc.array(value)),
    {
      minKeys: 1,
    },
  )
  .filter((change) => Object.entries(change).some(([name, to]) => to !== Reflect.get(message, name)));

test("whatever is changed of a message that SNS signed, or sent in its place, is no notice and does no harm", async () => {
  const heard: unknown[] = [];
  const webhook = snsWebhook({ topicArns: [topicArn], fetchText: async () => certificate });
  webhook.start({
    notice: (notice) => void heard.push(notice),
    gap: () => void heard.push("gap"),
    error: () => undefined,
  });
  expect(await webhook.receive(JSON.stringify(message))).toBe(200);
  expect(heard.splice(0)).toHaveLength(1);
  const signedNames = new Set<string>([...names, "Subject", "SignatureVersion", "SigningCertURL", "Signature"]);
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        changed.map((change) => JSON.stringify({ ...message, ...change })),
        fc.json(),
        fc.string(),
      ),
      async (body) => {
        const status = await webhook.receive(body);
        const said: unknown = status === 200 ? JSON.parse(body) : undefined;
        // What SNS signs nothing of may be anything, and nothing is made of it.
        const isAsSigned = [...signedNames].every(
          (name) => Reflect.get(Object(said), name) === Reflect.get(message, name),
        );
        expect(status === 200 ? isAsSigned : [403, 503].includes(status)).toBe(true);
        expect(heard.splice(0).length).toBe(status === 200 ? 1 : 0);
      },
    ),
    { seed: 20_261_130, numRuns: 500 },
  );
});
