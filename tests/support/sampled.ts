import { createHash } from "node:crypto";
import { expect, test, TestRunner } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Set where a test tried only some of its cases. */
    sampled?: true;
  }
}

/** `npm run test:full` tries every case; `npm test` tries a few of each long list. */
const isFullRun = process.env["REKEY_TEST_FULL"] === "1";
/** Set and printed by vitest.config.ts. The same seed picks the same cases. */
export const seed = process.env["REKEY_TEST_SEED"] ?? "";

/** At most so many of the cases, picked by the seed, in their order. */
export function pick<Case>(cases: readonly Case[], most: number, seed: string): readonly Case[] {
  const rank = (index: number): string => createHash("sha256").update(`${seed} ${index}`).digest("hex");
  const ranks = cases.map((_, index) => rank(index));
  const last = ranks.toSorted()[most];
  return last === undefined ? cases : cases.filter((_, index) => (ranks[index] ?? "") < last);
}

/**
 * Cases for this run: all of them in a full run, else at most so many. What is left out leaves a mark, so that `.ci/run`
 * runs the file again in full: on the test that calls this, or as a skipped test where a file registers its tests.
 */
export function sampled<Case>(cases: readonly Case[], most: number): readonly Case[] {
  if (isFullRun || cases.length <= most) return cases;
  const current = TestRunner.getCurrentTest();
  const leftOut = cases.length - most;
  if (current === undefined)
    test.runIf(isFullRun)(`${leftOut} of ${cases.length} cases are left to npm run test:full`, () =>
      expect.unreachable(),
    );
  else current.meta.sampled = true;
  return pick(cases, most, seed);
}

/** How often to repeat what a full run repeats so often. */
export const sampledRuns = (full: number): number => sampled(Array.from({ length: full }), Math.ceil(full / 10)).length;
