import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationRequest } from "../../ports/rotation.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { type Retirer, retireReplaced, subscribersOf } from "./retire-replaced.ts";
import { retirementCueIn, type RetirementCue } from "../../events/rekey-event.ts";
import { parseDeliveredEvent } from "../../events/delivered-event.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres";
const now = Date.parse("2026-01-02T00:00:00Z");
const hour = 3_600_000;

function stage(tags: Readonly<Record<string, string>>, changes: Partial<SecretDescription> = {}) {
  const invoked: RotationRequest[] = [];
  const noted = new Set<string>();
  const state: { refusal: RekeyError | undefined } = { refusal: undefined };
  const description: SecretDescription = {
    secretArn,
    name: "db/app",
    rotationEnabled: true,
    rotationFunctionArn: functionArn,
    labels: new Map([["v2", ["AWSCURRENT"]]]),
    tags: new Map(Object.entries(tags)),
    ...changes,
  };
  const retirer = {
    store: { describe: async () => description },
    adoptions: {
      async note({ subscriber }: { readonly subscriber: string }) {
        return noted.add(subscriber);
      },
    },
    rotation: {
      async invoke(_arn: string, request: RotationRequest) {
        if (state.refusal !== undefined) throw state.refusal;
        invoked.push(request);
      },
    },
    manages: (arn: string) => arn === secretArn,
    takesUnnamed: false,
    knowsTheStep: (arn: string) => arn === functionArn,
    nowMs: () => now,
  };
  const call = { signal: AbortSignal.timeout(5_000) };
  const ask = async (cue: RetirementCue, changed: Partial<Retirer> = {}) =>
    retireReplaced({ ...retirer, ...changed }, cue, call);
  const { adoptions: _kept, ...forgetful } = retirer;
  const askForgetful = async (cue: RetirementCue) => retireReplaced(forgetful, cue, call);
  return { ask, askForgetful, description, invoked, noted, state };
}
const rotated = (agoMs: number, versionId = "v2"): RetirementCue => ({
  kind: "rotated",
  secretArn,
  versionId,
  at: new Date(now - agoMs),
});
const adopted = (subscriber: string, source = `rekey.subscriber.${subscriber}`): RetirementCue => ({
  kind: "adopted",
  secretArn,
  versionId: "v2",
  subscriber,
  source,
});
const request = { step: "retirePrevious", secretId: secretArn, versionId: "v2" };

test("the message waits for what is left of the grace period, then the step is run", async () => {
  const { ask, invoked } = stage({ "rekey:grace": "24h" });
  expect(await ask(rotated(23 * hour))).toEqual({ outcome: "waits", waitMs: hour });
  expect(invoked).toEqual([]);
  expect(await ask(rotated(24 * hour))).toEqual({ outcome: "retired" });
  expect(invoked).toEqual([{ ...request, adopted: false }]);
});

test("when the last of the subscribers has adopted the version, the step is run before its time", async () => {
  const { ask, invoked } = stage({ "rekey:grace": "24h", "rekey:subscribers": "orders-api billing" });
  expect(await ask(adopted("billing"))).toEqual({ outcome: "nothing" });
  expect(await ask(adopted("billing"))).toEqual({ outcome: "nothing" });
  expect(invoked).toEqual([]);
  expect(await ask(adopted("orders-api"))).toEqual({ outcome: "retired" });
  expect(invoked).toEqual([{ ...request, adopted: true }]);
});

test("a name that the secret's tag does not hold is not even noted", async () => {
  const { ask, invoked, noted } = stage({ "rekey:grace": "24h", "rekey:subscribers": "orders-api" });
  expect(await ask(adopted("somebody"))).toEqual({ outcome: "nothing" });
  expect([noted.size, invoked.length]).toEqual([0, 0]);
});

test("an adoption under another source than the subscriber's own is refused, under the former one unless that is taken", async () => {
  const { ask, invoked, noted } = stage({ "rekey:grace": "24h", "rekey:subscribers": "orders-api" });
  for (const source of ["rekey.subscriber.billing", "rekey.subscriber.orders-api.", "rekey.subscriber", "rekey"]) {
    expect({ source, ...(await ask(adopted("orders-api", source))) }).toEqual({ source, outcome: "refused" });
  }
  expect([noted.size, invoked.length]).toEqual([0, 0]);
  expect(await ask(adopted("orders-api", "rekey.subscriber"), { takesUnnamed: true })).toEqual({ outcome: "retired" });
});

test("a time in the future makes a message wait for the grace period, not longer", async () => {
  const { ask } = stage({ "rekey:grace": "24h" });
  expect(await ask(rotated(-1_000_000 * hour))).toEqual({ outcome: "waits", waitMs: 24 * hour });
});

test("of a secret that is not rekey's nothing is asked", async () => {
  const { ask } = stage({ "rekey:grace": "1m" });
  const store = { describe: async () => expect.fail("asked") };
  expect(await ask(rotated(hour), { manages: () => false, store })).toEqual({ outcome: "nothing" });
});

test.each([
  ["without a grace period", {}, {}],
  ["of another's rotation function", { "rekey:grace": "24h" }, { rotationFunctionArn: "arn:other" }],
])("of a secret %s it is noted who has adopted it, and nothing is retired", async (_what, tags, changes) => {
  const { ask, invoked, noted } = stage({ ...tags, "rekey:subscribers": "orders-api" }, changes);
  expect(await ask(adopted("orders-api"))).toEqual({ outcome: "nothing" });
  expect([[...noted], invoked]).toEqual([["orders-api"], []]);
});

test("without a list of subscribers only the deadline counts", async () => {
  const { ask, invoked } = stage({ "rekey:grace": "24h" });
  expect(await ask(adopted("orders-api"))).toEqual({ outcome: "nothing" });
  expect(invoked).toEqual([]);
});

test("where adoptions are not kept only the deadline counts", async () => {
  const { askForgetful, invoked } = stage({ "rekey:grace": "24h", "rekey:subscribers": "orders-api" });
  expect(await askForgetful(adopted("orders-api"))).toEqual({ outcome: "nothing" });
  expect(invoked).toEqual([]);
  expect(await askForgetful(rotated(24 * hour))).toEqual({ outcome: "retired" });
});

test.each([
  ["has no grace period", {}, {}],
  ["has another current version", { "rekey:grace": "1m" }, { labels: new Map([["v3", ["AWSCURRENT"]]]) }],
  ["is rotated by another's function", { "rekey:grace": "1m" }, { rotationFunctionArn: "arn:other" }],
  ["a service of AWS owns", { "rekey:grace": "1m" }, { managedBy: "rds" }],
  ["is deleted", { "rekey:grace": "1m" }, { deletedAt: new Date() }],
])("a secret that %s has nothing to retire", async (_what, tags, changes) => {
  const { ask, invoked } = stage(tags, changes);
  expect(await ask(rotated(hour))).toEqual({ outcome: "nothing" });
  expect(invoked).toEqual([]);
});

test("while a rotation is under way the message waits; another failure is passed on", async () => {
  const { ask, state } = stage({ "rekey:grace": "1m" });
  state.refusal = new RekeyError("grace-not-over");
  expect(await ask(rotated(hour))).toEqual({ outcome: "waits", waitMs: 5 * 60_000 });
  state.refusal = new RekeyError("database-unreachable");
  await expect(ask(rotated(hour))).rejects.toMatchObject({ code: "database-unreachable" });
});

test("while the server has connections of the replaced credential the message waits, and is looked at a few times", async () => {
  const { ask, state } = stage({ "rekey:grace": "24h", "rekey:grace-extension": "6h" });
  state.refusal = new RekeyError("replaced-in-use");
  expect(await ask(rotated(24 * hour))).toEqual({ outcome: "waits", waitMs: hour / 2 });
});

const detail = { secretArn, versionId: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e", at: "2026-01-02T03:04:05.678Z" };
test("the two events that may make a credential due are read", () => {
  const ids = { secretArn, versionId: detail.versionId };
  expect(retirementCueIn(parseDeliveredEvent(JSON.stringify({ "detail-type": "Secret Rotated", detail })))).toEqual({
    kind: "rotated",
    ...ids,
    at: new Date(detail.at),
  });
  const source = "rekey.subscriber.orders-api";
  const event = { "detail-type": "Secret Adopted", source, detail: { ...detail, subscriber: "orders-api" } };
  const adoption = { kind: "adopted", ...ids, subscriber: "orders-api", source };
  expect(retirementCueIn(parseDeliveredEvent(JSON.stringify(event)))).toEqual(adoption);
});

test.each([
  ["no JSON", "{"],
  ["another event", JSON.stringify({ "detail-type": "Secret Retired", detail })],
  ["no version", JSON.stringify({ "detail-type": "Secret Rotated", detail: { ...detail, versionId: "" } })],
  ["no such time", JSON.stringify({ "detail-type": "Secret Rotated", detail: { ...detail, at: "2026-99-99T99:99Z" } })],
  [
    "a part of an ARN",
    JSON.stringify({ "detail-type": "Secret Rotated", detail: { ...detail, secretArn: secretArn.slice(0, -7) } }),
  ],
  ["no subscriber", JSON.stringify({ "detail-type": "Secret Adopted", detail })],
])("%s is event-malformed", (_what, body) => {
  expect(() => retirementCueIn(parseDeliveredEvent(body))).toThrow(
    expect.objectContaining({ code: "event-malformed" }),
  );
});

test("a secret without a rotation function has nothing to retire, whatever knows the step", async () => {
  const { ask, invoked, description } = stage({ "rekey:grace": "1m" });
  const { rotationFunctionArn: _none, ...unrotated } = description;
  const store = { describe: async () => unrotated };
  expect(await ask(rotated(hour), { store, knowsTheStep: () => true })).toEqual({ outcome: "nothing" });
  expect(invoked).toEqual([]);
});

test.each([
  ["  orders-api \t billing ", ["orders-api", "billing"]],
  ["", []],
  [undefined, []],
])("the tag rekey:subscribers at %j names %j", (text, names) => {
  const tags = new Map(text === undefined ? [] : [["rekey:subscribers", text]]);
  expect(subscribersOf({ tags })).toEqual(names);
});
