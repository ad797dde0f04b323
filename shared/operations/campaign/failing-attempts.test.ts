import { expect, test } from "vitest";
import type { StepRecord } from "../../ports/records.ts";
import { obstacleIn } from "./failing-attempts.ts";

const failed = (code: StepRecord["code"], atMs: number): StepRecord => ({
  versionId: "v",
  step: "testSecret",
  at: new Date(atMs),
  outcome: "failed",
  ...(code === undefined ? {} : { code }),
});
const done = (atMs: number): StepRecord => ({
  versionId: "v",
  step: "createSecret",
  at: new Date(atMs),
  outcome: "done",
});
const minute = 60_000;

test.each<[string, readonly StepRecord[], number, object | undefined]>([
  ["nothing yet", [], minute, undefined],
  ["nothing for two minutes", [], 2 * minute, { code: "rotation-under-way", isFinal: false }],
  ["a step that is done", [done(0)], 10 * minute, undefined],
  [
    "a failure that may pass",
    [done(0), failed("database-busy", minute)],
    2 * minute,
    { code: "database-busy", isFinal: false },
  ],
  ["a failure after which it was tried again", [failed("database-busy", 0), done(minute)], minute, undefined],
  [
    "a failure after which it was not tried again",
    [failed("database-busy", 0)],
    2 * minute,
    { code: "database-busy", isFinal: true },
  ],
  [
    "failures for three minutes",
    [failed("database-busy", 0), failed("database-busy", 3 * minute)],
    3 * minute,
    { isFinal: true },
  ],
  ["five failures", [0, 1, 2, 3, 4].map((at) => failed("database-busy", at)), 5, { isFinal: true }],
  ["four failures", [0, 1, 2, 3].map((at) => failed("database-busy", at)), 5, { isFinal: false }],
  [
    "a failure that does not pass",
    [failed("credential-refused", 0), done(1)],
    1,
    { code: "credential-refused", isFinal: true },
  ],
  ["a failure without a code", [failed(undefined, 0)], minute, undefined],
])("of %s", (_what, steps, nowMs, obstacle) => {
  const found = obstacleIn(steps, 0, nowMs);
  const none = { code: undefined, isFinal: undefined };
  expect({ code: found?.code, isFinal: found?.isFinal }).toMatchObject(obstacle ?? none);
});

test("the function's own hint counts, else the code's", () => {
  expect(obstacleIn([{ ...failed("database-busy", 0), hint: "raise it" }], 0, 1)?.hint).toBe("raise it");
  expect(obstacleIn([failed("database-busy", 0)], 0, 1)?.hint).toMatch(/\w/);
});
