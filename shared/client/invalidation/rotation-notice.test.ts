import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clockSkewMs, dated } from "./rotation-notice.ts";

const nowMs = 1_000_000_000;
beforeEach(() => vi.useFakeTimers({ now: nowMs, toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

test.each([
  ["in the past is kept", 1, { atMs: 1, timed: true }],
  ["at the beginning of time is kept", 0, { atMs: 0, timed: true }],
  ["of now is kept", nowMs, { atMs: nowMs, timed: true }],
  ["that another clock may explain counts as now", nowMs + clockSkewMs, { atMs: nowMs, timed: true }],
  ["beyond that is none", nowMs + clockSkewMs + 1, { atMs: nowMs, timed: false }],
  ["before 1970 is none", -1, { atMs: nowMs, timed: false }],
  ["that is no number is none", Number.NaN, { atMs: nowMs, timed: false }],
  ["of another kind is none", "1" as never, { atMs: nowMs, timed: false }],
])("a time %s", (_, atMs, expected) => {
  const notice = dated({ versionId: "v2", previousVersionId: "v1", atMs }, "aws:1");
  expect(notice).toStrictEqual({ versionId: "v2", previousVersionId: "v1", account: "aws:1", ...expected });
});

test("a notice without a time counts from when it came", () => {
  expect(dated({ versionId: "v2" }, undefined)).toStrictEqual({
    versionId: "v2",
    account: undefined,
    atMs: nowMs,
    timed: false,
  });
});
