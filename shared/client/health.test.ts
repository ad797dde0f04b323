import { expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { CachedSecret, setRequestState } from "./cache/cached-secret.ts";
import { failing, oldestAgeMs } from "./health.ts";

const entry = (secretId: string, confirmedAtMs?: number, failures = 0): CachedSecret => {
  const made = new CachedSecret(secretId);
  if (confirmedAtMs !== undefined) {
    made.version = { versionId: "v1", value: new SecretValue("one") };
    made.confirmedAtMs = confirmedAtMs;
  }
  const error = new RekeyError("store-throttled");
  if (failures > 0) setRequestState(made, { failure: { error, count: failures, retryAtMs: 0, deniedAtMs: undefined } });
  return made;
};

test("what fails is named with its code, its failures, and the age of the value that is served meanwhile", () => {
  const flying = entry("busy", 100);
  setRequestState(flying, {
    history: { noticeAtMs: 0, replaced: new Set(), disproved: new Map(), doubtedUntilMs: 0 },
  });
  expect(failing([entry("well", 100), flying, entry("stale", 100, 2), entry("missing", undefined, 1)], 150)).toEqual([
    { secretId: "stale", code: "store-throttled", failures: 2, ageMs: 50 },
    { secretId: "missing", code: "store-throttled", failures: 1, ageMs: undefined },
  ]);
});

test("the oldest age is that of the value that was confirmed first", () => {
  expect(oldestAgeMs([], 150)).toBe(0);
  expect(oldestAgeMs([120, 100, 140], 150)).toBe(50);
});
