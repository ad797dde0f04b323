import { afterAll, beforeAll, describe, test, TestRunner } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { pick, sampled, seed } from "./sampled.ts";

/** Of a server that takes seconds for each point: so many times what a sampled run tries of each list. */
const ofSlowServers = 4;

const fewer: typeof sampled = (cases, most) => {
  // While tests are registered there is no current one: each of them is registered.
  const isOfATest = TestRunner.getCurrentTest() !== undefined;
  return sampled(isOfATest ? pick(cases, ofSlowServers * most, seed) : cases, most);
};

/**
 * Registers the engine contract's tests with vitest; unless the run is a full one, one test of each clause. With `isSlow` a
 * full run has all tests and tries a part of each list of points; `REKEY_EVERY_POINT=1` tries all of them.
 */
export const contractTests = (fixture: EngineFixture, { isSlow = false } = {}): void =>
  engineContract(
    {
      describe,
      test,
      beforeAll,
      afterAll,
      sampled: isSlow && process.env["REKEY_EVERY_POINT"] !== "1" ? fewer : sampled,
    },
    fixture,
  );
