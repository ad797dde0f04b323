import { afterAll, beforeAll, describe, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { sampled } from "./sampled.ts";

/** Registers the engine contract's tests with vitest; unless the run is a full one, one test of each clause. */
export const contractTests = (fixture: EngineFixture): void =>
  engineContract({ describe, test, beforeAll, afterAll, sampled }, fixture);
