import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Trouble } from "../../events/trouble.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { confirmTrouble } from "./confirm-trouble.ts";

const nowMs = Date.parse("2026-11-25T12:00:00Z");
const hour = 3_600_000;
const ago = (ms: number): Date => new Date(nowMs - ms);
const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const description: SecretDescription = {
  secretArn,
  name: "db/app",
  rotationEnabled: true,
  changedAt: ago(2 * hour),
  labels: new Map([
    ["v1", ["AWSPREVIOUS"]],
    ["v2", ["AWSCURRENT"]],
  ]),
  tags: new Map(),
};
const failed: Trouble = { kind: "failed", secretArn, at: ago(hour), step: "setSecret", code: "credential-refused" };
const found = (finding: (Trouble & { kind: "finding" })["finding"]): Trouble => ({
  kind: "finding",
  secretArn,
  at: ago(hour),
  finding,
  repaired: false,
});
const rotated = (versionId: string): Trouble => ({ kind: "rotated", secretArn, at: ago(hour), versionId });

async function stateOf(trouble: Trouble, more: Partial<SecretDescription> = {}, isManaged = true) {
  const store = { describe: async () => ({ ...description, ...more }) };
  const check = { store, manages: () => isManaged, nowMs: () => nowMs };
  return (await confirmTrouble(check, trouble, { signal: AbortSignal.timeout(1_000) })).state;
}
const pending = { labels: new Map([...description.labels, ["v3", ["AWSPENDING"]]]) };

test.each<readonly [string, Trouble, Partial<SecretDescription>, string]>([
  ["a failure that no rotation followed", failed, { lastRotatedAt: ago(2 * hour) }, "stands"],
  ["a failure of a secret that never rotated", failed, {}, "stands"],
  ["a failure before the last rotation", failed, { lastRotatedAt: ago(hour / 2) }, "fixed"],
  ["a failure of the day before yesterday", { ...failed, at: ago(48 * hour) }, {}, "stale"],
  [
    "a failure of the future, before the last rotation",
    { ...failed, at: ago(-hour) },
    { lastRotatedAt: ago(-1) },
    "fixed",
  ],
  [
    "a stop that no rotation followed",
    { kind: "stopped", secretArn, at: ago(hour), outcome: "failed", step: undefined },
    {},
    "stands",
  ],
  ["an overdue rotation that is overdue", found("rotation-overdue"), { nextRotationAt: ago(2 * hour) }, "stands"],
  ["an overdue rotation that is not", found("rotation-overdue"), { nextRotationAt: ago(-hour) }, "fixed"],
  ["a pending version that waits", found("pending-stuck"), pending, "stands"],
  ["a pending version that is not there", found("pending-stuck"), {}, "fixed"],
  ["a refused login that no rotation followed", found("current-refused"), {}, "stands"],
  ["a refused login before the last rotation", found("current-refused"), { lastRotatedAt: ago(0) }, "fixed"],
  ["a mirror that Secrets Manager knows nothing of", found("mirror-older"), { lastRotatedAt: ago(0) }, "stands"],
  ["a new version that is current", rotated("v2"), {}, "stands"],
  ["a new version while another one is on its way", rotated("v2"), pending, "superseded"],
  ["a new version that is not current", rotated("v1"), {}, "superseded"],
  ["a deleted secret's failure", failed, { deletedAt: ago(0) }, "gone"],
  ["the failure of a secret that was made again", failed, { secretArn: secretArn.replace("AbCdEf", "ZyXwVu") }, "gone"],
])("%s", async (_what, trouble, more, state) => {
  expect(await stateOf(trouble, more)).toBe(state);
});

test("of a secret that is not managed, or told of too late, nobody is asked; the name is the store's", async () => {
  const store = { describe: async () => expect.unreachable("asked") };
  const call = { signal: AbortSignal.timeout(1_000) };
  const check = { store, nowMs: () => nowMs };
  expect(await confirmTrouble({ ...check, manages: () => false }, failed, call)).toEqual({ state: "foreign" });
  const late: Trouble = { ...failed, at: ago(25 * hour) };
  expect(await confirmTrouble({ ...check, manages: () => true }, late, call)).toEqual({ state: "stale" });
  const asked = { store: { describe: async () => description }, manages: () => true, nowMs: () => nowMs };
  expect(await confirmTrouble(asked, failed, call)).toEqual({ state: "stands", name: "db/app" });
  const gone = { describe: async () => Promise.reject(new RekeyError("secret-not-found")) };
  expect(await confirmTrouble({ ...asked, store: gone }, failed, call)).toEqual({ state: "gone" });
  const denied = { describe: async () => Promise.reject(new RekeyError("access-denied")) };
  await expect(confirmTrouble({ ...asked, store: denied }, failed, call)).rejects.toMatchObject({
    code: "access-denied",
  });
});
