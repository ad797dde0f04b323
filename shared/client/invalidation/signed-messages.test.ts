import { beforeEach, expect, test } from "vitest";
import { rotated } from "../../../tests/field/clients/message-forms.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { signature } from "../../webhook/signature.ts";
import { longestBody } from "./notice-in-message.ts";
import { type SignedMessages, signedMessages } from "./signed-messages.ts";

const key = new SecretValue("a key of more than 16 bytes");
const other = new SecretValue("another key of more than 16 bytes");
const text = JSON.stringify(rotated("v1"));
const signedBy = (...keys: readonly SecretValue[]): string =>
  JSON.stringify({ Message: text, RekeySignature: signature(text, keys, Date.now()) });

let told: unknown[];
let stopping: AbortController;
const made = (keys: readonly SecretValue[] | (() => Promise<readonly SecretValue[]>)): SignedMessages =>
  signedMessages({
    name: "channel",
    keys,
    sink: {
      notice: async ({ versionId }) => void told.push(versionId),
      gap: () => void told.push("gap"),
      error: ({ code, context, hint }) => void told.push({ code, ...context, hint }),
      heard: () => void told.push("heard"),
      ignored: (reason) => void told.push(reason),
    },
    stopping: stopping.signal,
    timeoutMs: 60_000,
  });
const refused = (problem: string): unknown =>
  expect.objectContaining({ code: "event-unverified", source: "channel", problem });

beforeEach(() => {
  told = [];
  stopping = new AbortController();
});

test.each([
  ["one of the keys is handed over", signedBy(other, key), "v1"],
  ["another key is refused", signedBy(other), refused("signed with another key")],
  ["nothing is refused", text, refused("no signature")],
  [
    "something that is no text is refused",
    JSON.stringify({ Message: text, RekeySignature: 7 }),
    refused("no signature"),
  ],
])("a message that is signed with %s", async (_, message, expected) => {
  await made([key]).receive(message);
  expect(told).toEqual([expected]);
});

test("a message that is too long is not verified, and one of the longest is", async () => {
  const { receive } = made([key]);
  await receive(signedBy(key).padEnd(longestBody + 1));
  await receive(signedBy(key).padEnd(longestBody));
  expect(told).toEqual(["too-large", "v1"]);
});

test("the keys are read once for messages that come together, and again for later ones", async () => {
  let reads = 0;
  const { receive } = made(async () => {
    reads++;
    return [key];
  });
  await Promise.all([receive(signedBy(key)), receive(signedBy(key))]);
  expect([reads, told]).toEqual([1, ["v1", "v1"]]);
  await receive(signedBy(key));
  expect(reads).toBe(2);
});

test("messages that come while the keys cannot be read are lost, which is reported as a gap once they can be", async () => {
  let canRead = false;
  const signed = made(async () => (canRead ? [key] : Promise.reject(new TypeError("canary"))));
  expect(signed.areKeysMissing).toBe(false);
  await signed.receive(signedBy(key));
  expect(told).toEqual([
    {
      code: "invalidation-unavailable",
      source: "channel",
      operation: "keys",
      reason: "TypeError",
      hint: "the secret with the channel's keys cannot be read: check its name and the right to read it",
    },
  ]);
  expect(signed.areKeysMissing).toBe(true);
  canRead = true;
  told = [];
  await signed.receive(signedBy(key));
  await signed.receive(signedBy(key));
  expect([told, signed.areKeysMissing]).toEqual([["gap", "v1", "v1"], false]);
});

test("a hundred messages wait for the keys, and those beyond them are a gap", async () => {
  const reading = Promise.withResolvers<readonly SecretValue[]>();
  const { receive } = made(async () => reading.promise);
  const received = Array.from({ length: 101 }, async () => receive(signedBy(key)));
  expect(told).toEqual(["too-many"]);
  reading.resolve([key]);
  await Promise.all(received);
  expect(told).toEqual(["too-many", "gap", ...Array.from({ length: 100 }, () => "v1")]);
  told = [];
  await receive(signedBy(key));
  expect(told).toEqual(["v1"]);
});

test("keys that are not read when the subscription is stopped are no failure", async () => {
  const { receive } = made(async () => new Promise(() => undefined));
  const receiving = receive(signedBy(key));
  stopping.abort();
  await receiving;
  expect(told).toEqual([]);
});
