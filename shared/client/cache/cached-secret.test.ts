import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import {
  CachedVersion,
  current,
  CachedSecret,
  type Failure,
  invalidated,
  isCurrent,
  isPinned,
  keyOf,
  setRequestState,
} from "./cached-secret.ts";
import type { SourceSelector } from "../sources/secret-source.ts";

const failure: Failure = { error: new RekeyError("store-rejected"), count: 1, retryAtMs: 0, deniedAtMs: undefined };

test("a new entry has no version, and must be asked for before it is served", () => {
  const entry = new CachedSecret("a");
  expect(entry).toMatchObject({ secretId: "a", version: undefined, freshUntilMs: invalidated, usedAt: 0 });
  expect(entry.freshUntilMs).toBeLessThan(0);
});

test.each<[string, CachedSecret, SourceSelector, boolean, boolean]>([
  ["AWSCURRENT", new CachedSecret("a"), current, true, false],
  ["another stage", new CachedVersion("a", { label: "AWSPENDING" }), { label: "AWSPENDING" }, false, false],
  ["a version by its id", new CachedVersion("a", { versionId: "v1" }), { versionId: "v1" }, false, true],
])("%s is asked for by its selector, and only a version by its id never expires", (_, entry, at, ofCurrent, pinned) => {
  expect(entry.at).toEqual(at);
  expect([isCurrent(entry), isPinned(entry)]).toEqual([ofCurrent, pinned]);
});

test("AWSCURRENT is found by the id alone, and no label looks like a version", () => {
  expect(keyOf("a", current)).toBe("a");
  expect(keyOf("a", { label: "AWSPENDING" })).toBe("a\0label AWSPENDING");
  expect(keyOf("a", { versionId: "AWSPENDING" })).toBe("a\0version AWSPENDING");
});

test.each([
  [
    "a inFlight",
    {
      inFlight: {
        version: new Promise<never>(() => undefined),
        startedAtMs: 0,
        stillness: { fromMs: 0 },
        abandon: () => undefined,
      },
    },
  ],
  ["a failure", { failure }],
  ["a notice", { announced: { versionId: "v", atMs: 0, timed: true, account: undefined, fromMs: 0, untilMs: 0 } }],
  ["a history", { history: { noticeAtMs: 0, replaced: new Set<string>(), disproved: new Map(), doubtedUntilMs: 0 } }],
])("%s is kept until it is taken away, and then nothing is", (_, requestState) => {
  const entry = new CachedSecret("a");
  setRequestState(entry, requestState);
  expect(entry.requestState).toEqual(requestState);
  setRequestState(entry, {});
  expect(entry.requestState).toEqual(requestState);
  setRequestState(entry, { inFlight: undefined, failure: undefined, announced: undefined, history: undefined });
  expect(entry.requestState).toBeUndefined();
});

test("a change leaves the rest of what is known", () => {
  const entry = new CachedSecret("a");
  const history = { noticeAtMs: 0, replaced: new Set<string>(), disproved: new Map(), doubtedUntilMs: 0 };
  setRequestState(entry, { failure });
  setRequestState(entry, { history });
  expect(entry.requestState).toEqual({ failure, history });
  setRequestState(entry, { failure: undefined });
  expect(entry.requestState).toEqual({ history });
});
