import { describe, expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type Announced, CachedSecret, CachedVersion, setRequestState, type VersionHistory } from "./cached-secret.ts";
import type { DatedNotice } from "../invalidation/rotation-notice.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";
import {
  announce,
  announcedNow,
  disown,
  isBelowFloor,
  isDoubted,
  isLate,
  isNewest,
  settleVersion,
} from "./version-floor.ts";

const value = new SecretValue("one");
const answer = (versionId: string, createdAtMs?: number): SourceAnswer => ({
  versionId,
  value,
  ...(createdAtMs !== undefined && { createdAt: new Date(createdAtMs) }),
});
const notice = (versionId: string, atMs: number, more: Partial<DatedNotice> = {}): DatedNotice => ({
  versionId,
  atMs,
  timed: true,
  account: undefined,
  ...more,
});
const announced = (versionId: string, more: Partial<Announced> = {}): Announced => ({
  ...notice(versionId, 4_000_000),
  fromMs: 10,
  untilMs: 50,
  ...more,
});
const known = (more: Partial<VersionHistory> = {}): VersionHistory => ({
  noticeAtMs: 0,
  replaced: new Set(),
  disproved: new Map(),
  doubtedUntilMs: 0,
  ...more,
});
const holding = (versionId: string | undefined, entry: CachedSecret = new CachedSecret("a")): CachedSecret => {
  if (versionId !== undefined) entry.version = { versionId, value };
  return entry;
};
const pending = (): CachedSecret => new CachedVersion("a", { label: "AWSPENDING" });

describe("a notice", () => {
  const window = { fromMs: 0, untilMs: 100 };

  test.each([
    ["of the held version says nothing new", notice("held", 9_000_000), false],
    ["of the announced version says nothing new", notice("announced", 9_000_000), false],
    ["of an unknown version is news", notice("new", 9_000_000), true],
    ["of an unknown version is news, also without a time", notice("new", 9_000_000, { timed: false }), true],
    ["that was disproved says nothing new", notice("disproved", 5_000_000), false],
    ["that was disproved is news at a later time", notice("disproved", 5_000_001), true],
    ["that was disproved says nothing new without a time", notice("disproved", 5_000_001, { timed: false }), false],
    ["of a replaced version says nothing new soon after it was replaced", notice("replaced", 2_059_999), false],
    ["of a replaced version is news once clocks cannot explain it", notice("replaced", 2_060_000), true],
    ["of a replaced version says nothing new without a time", notice("replaced", 9_000_000, { timed: false }), false],
    ["from before the held version was made says nothing new", notice("new", 1_999_999), false],
    ["from when the held version was made is news", notice("new", 2_000_000), true],
    ["that came before it is news where it has no time", notice("new", 1_999_999, { timed: false }), true],
  ])("%s", (_, given, isNews) => {
    const entry = holding("held");
    entry.createdAtSeconds = 2_000;
    const history = known({ replaced: new Set(["replaced"]), disproved: new Map([["disproved", 5_000_000]]) });
    setRequestState(entry, { history, announced: announced("announced", { atMs: 0 }) });
    expect(announce(entry, given, window, 50)).toBe(isNews);
  });

  test.each([
    [3_999_999, false],
    [4_000_000, true],
  ])("at %i is compared with the newest one that came true at 4000000", (atMs, isNews) => {
    const entry = holding("held");
    setRequestState(entry, { history: known({ noticeAtMs: 4_000_000 }) });
    expect(announce(entry, notice("new", atMs), window, 0)).toBe(isNews);
  });

  test("of an empty entry opens its own window", () => {
    const entry = new CachedSecret("a");
    expect(announce(entry, notice("v1", 7), { fromMs: 3, untilMs: 9 }, 0)).toBe(true);
    expect(entry.requestState?.announced).toEqual({ ...notice("v1", 7), fromMs: 3, untilMs: 9 });
  });

  test.each([
    ["shares the end of the window that is open, and may begin earlier", 49, 5, { fromMs: 5, untilMs: 50 }],
    ["shares the beginning of the window that is open", 49, 20, { fromMs: 10, untilMs: 50 }],
    ["opens its own window once the other is over", 50, 20, { fromMs: 20, untilMs: 90 }],
  ])("%s", (_, nowMs, fromMs, shared) => {
    const entry = new CachedSecret("a");
    setRequestState(entry, { announced: announced("v1", { atMs: 100 }) });
    expect(announce(entry, notice("v2", 100), { fromMs, untilMs: 90 }, nowMs)).toBe(true);
    expect(entry.requestState?.announced).toEqual({ ...notice("v2", 100), ...shared });
  });

  test("that is older than the open one changes nothing, until that one's window is over", () => {
    const entry = new CachedSecret("a");
    setRequestState(entry, { announced: announced("v1", { atMs: 100 }) });
    expect(announce(entry, notice("v2", 99), window, 49)).toBe(false);
    expect(entry.requestState?.announced?.versionId).toBe("v1");
    expect(announce(entry, notice("v2", 99), window, 50)).toBe(true);
  });
});

test.each([
  ["nothing was announced", {}, 0, false],
  ["the lag budget of a notice is not over", { announced: announced("v1") }, 49, false],
  ["the lag budget of a notice is over", { announced: announced("v1") }, 50, true],
  ["the notice was true before", { announced: announced("v1", { wasTrue: true }) }, 50, false],
  ["a notice was false", { history: known({ doubtedUntilMs: 100 }) }, 99, true],
  ["a notice was false long ago", { history: known({ doubtedUntilMs: 100 }) }, 100, false],
])("when %s, notices are doubted or not", (_, requestState, nowMs, doubted) => {
  const entry = new CachedSecret("a");
  setRequestState(entry, requestState);
  expect(isDoubted(entry, nowMs)).toBe(doubted);
});

test("a notice is open until its lag budget ends", () => {
  const entry = new CachedSecret("a");
  expect(announcedNow(entry, 0)).toBeUndefined();
  setRequestState(entry, { announced: announced("v1") });
  expect(announcedNow(entry, 49)).toEqual(announced("v1"));
  expect(announcedNow(entry, 50)).toBeUndefined();
});

test.each([
  ["another account is dropped", "aws:1", "aws:2", undefined],
  ["the same account stays", "aws:1", "aws:1", "v1"],
  ["an unknown account stays", "aws:1", undefined, "v1"],
  ["any account stays while the secret's own is unknown", undefined, "aws:2", "v1"],
])("a notice for %s", (_, own, account, left) => {
  const entry = new CachedSecret("a");
  entry.account = own;
  disown(entry);
  setRequestState(entry, { announced: announced("v1", { account }), history: known() });
  disown(entry);
  expect(entry.requestState?.announced?.versionId).toBe(left);
  expect(entry.requestState?.history).toEqual(known());
});

test.each([
  ["the old version is served before the notice counts", "old", 9, false],
  ["the old version is withheld once it counts", "old", 10, true],
  ["the announced version is served", "v1", 10, false],
  ["an entry without a version has nothing to serve", undefined, 10, true],
  ["the old version is served after the lag budget", "old", 50, false],
])("%s", (_, held, nowMs, isBelow) => {
  const entry = holding(held);
  expect(isBelowFloor(entry, nowMs)).toBe(false);
  setRequestState(entry, { announced: announced("v1") });
  expect(isBelowFloor(entry, nowMs)).toBe(isBelow);
});

describe("an answer", () => {
  const held = (createdAtSeconds: number, replaced: readonly string[] = []): CachedSecret => {
    const entry = holding("held");
    entry.createdAtSeconds = createdAtSeconds;
    if (replaced.length > 0) setRequestState(entry, { history: known({ replaced: new Set(replaced) }) });
    return entry;
  };

  test.each([
    ["made in the same second is new", held(2_000), answer("v", 2_000_000), true],
    ["made later in the same second is new", held(2_000), answer("v", 2_000_999), true],
    ["made before is old", held(2_000), answer("v", 1_999_999), false],
    ["of the held version is never old", held(2_000), answer("held", 1), true],
    ["without a time counts as new", held(2_000), answer("v"), true],
    ["is new where the held version has no time", held(0), answer("v", -1_000), true],
    ["of a replaced version is old, whatever its time", held(2_000, ["v"]), answer("v", 9_000_000), false],
    ["is new where only others were replaced", held(2_000, ["other"]), answer("v", 9_000_000), true],
  ])("%s", (_, entry, given, isNew) => expect(isNewest(entry, given)).toBe(isNew));

  test("of another stage is always new", () => {
    const entry = holding("held", pending());
    entry.createdAtSeconds = 2_000;
    setRequestState(entry, { history: known({ replaced: new Set(["v"]) }) });
    expect(isNewest(entry, answer("v", 1))).toBe(true);
  });
});

test.each([
  ["before the version was made", notice("v", 99), 100, true],
  ["when the version was made", notice("v", 100), 100, false],
  ["without a time", notice("v", 99, { timed: false }), 100, false],
  ["about a version without a time", notice("v", 99), undefined, false],
])("a notice %s is late or not", (_, given, createdAtMs, late) => {
  expect(isLate(given, answer("v", createdAtMs))).toBe(late);
});

describe("when the source is believed", () => {
  test.each([
    ["a first version leaves no trace", undefined, "v1"],
    ["the held version leaves no trace", "v1", "v1"],
  ])("%s", (_, held, versionId) => {
    const entry = holding(held);
    settleVersion(entry, versionId, 0);
    expect(entry.requestState).toBeUndefined();
  });

  test("another stage leaves no trace", () => {
    const entry = holding("v1", pending());
    settleVersion(entry, "v2", 0);
    expect(entry.requestState).toBeUndefined();
  });

  test("the version before counts as replaced", () => {
    const entry = holding("v1");
    settleVersion(entry, "v2", 0);
    expect(entry.requestState).toEqual({ history: known({ replaced: new Set(["v1"]) }) });
  });

  test("a notice that came true leaves its time and the versions before it", () => {
    const entry = holding("v1");
    setRequestState(entry, { announced: announced("v2", { previousVersionId: "v0" }) });
    settleVersion(entry, "v2", 20);
    expect(entry.requestState).toEqual({ history: known({ noticeAtMs: 4_000_000, replaced: new Set(["v0", "v1"]) }) });
  });

  test("a notice that came true for the first version replaces none", () => {
    const entry = new CachedSecret("a");
    setRequestState(entry, { announced: announced("v1") });
    settleVersion(entry, "v1", 20);
    expect(entry.requestState).toEqual({ history: known({ noticeAtMs: 4_000_000 }) });
  });

  test("the time of the newest notice stays when an older one comes true", () => {
    const entry = holding("v1");
    setRequestState(entry, { announced: announced("v2"), history: known({ noticeAtMs: 4_000_001 }) });
    settleVersion(entry, "v2", 20);
    expect(entry.requestState?.history?.noticeAtMs).toBe(4_000_001);
  });

  test.each([
    ["within its lag budget is not disproved", {}, 49, known()],
    [
      "after its lag budget is disproved, and further ones are doubted for an hour",
      {},
      50,
      known({ disproved: new Map([["v3", 4_000_000]]), doubtedUntilMs: 3_600_050 }),
    ],
    ["that was true before is not disproved", { wasTrue: true }, 50, known()],
  ])("a notice of another version %s", (_, more, nowMs, history) => {
    const entry = holding("v1");
    setRequestState(entry, { announced: announced("v3", { previousVersionId: "v2", ...more }) });
    settleVersion(entry, "v1", nowMs);
    expect(entry.requestState).toEqual({ history });
  });

  test("a doubt lasts while other versions come", () => {
    const entry = holding("v1");
    setRequestState(entry, { history: known({ noticeAtMs: 7, doubtedUntilMs: 100 }) });
    settleVersion(entry, "v2", 50);
    expect(entry.requestState?.history).toEqual(
      known({ noticeAtMs: 7, doubtedUntilMs: 100, replaced: new Set(["v1"]) }),
    );
  });

  test("a version that comes back is neither replaced nor disproved", () => {
    const entry = holding("v1");
    const history = known({
      replaced: new Set(["v0", "v2"]),
      disproved: new Map([
        ["v2", 1],
        ["v3", 2],
      ]),
    });
    setRequestState(entry, { history });
    settleVersion(entry, "v2", 0);
    expect(entry.requestState?.history).toEqual(
      known({ replaced: new Set(["v0", "v1"]), disproved: new Map([["v3", 2]]) }),
    );
  });

  test("only the twenty newest versions of each kind are remembered", () => {
    const entry = holding("v1");
    for (let index = 1; index <= 25; index++) {
      setRequestState(entry, { announced: announced(`false${index}`) });
      settleVersion(holding(`v${index}`, entry), `v${index + 1}`, 50);
    }
    const newest = (name: string): string[] => Array.from({ length: 20 }, (_, index) => `${name}${index + 6}`);
    expect([...(entry.requestState?.history?.replaced ?? [])]).toEqual(newest("v"));
    expect([...(entry.requestState?.history?.disproved.keys() ?? [])]).toEqual(newest("false"));
  });
});
