import type { EngineFixture, EngineServer } from "./fixture.ts";
import { contractGroups } from "./groups.ts";
import type { Stage } from "./stage.ts";
import { everyCase, type Runner, summary } from "./suite.ts";

const startMs = 120_000;

/**
 * What must hold on every engine, run against a real server, once for each way to rotate. Give it the functions of any
 * test runner. Prints one line for each variant.
 *
 * @example
 * ```ts
 * import { afterAll, beforeAll, describe, test } from "vitest";
 * import { type EngineFixture, engineContract } from "rekey/testing/engine-contract";
 *
 * const contractOf = (fixture: EngineFixture): void =>
 *   engineContract({ describe, test, beforeAll, afterAll }, fixture);
 * ```
 */
export function engineContract(
  { describe, test, beforeAll, afterAll, sampled = everyCase }: Runner,
  fixture: EngineFixture,
): void {
  const groups = contractGroups(fixture, sampled);

  describe(fixture.name, () => {
    let started: EngineServer | undefined;
    beforeAll(async () => {
      started = await fixture.start();
    }, startMs);
    afterAll(async () => started?.stop(), startMs);

    for (const { name, variant, isOfVariant, tests, tally, start } of groups) {
      describe(name, () => {
        let stage: Stage | undefined;
        beforeAll(async () => {
          if (started === undefined) throw new Error("the server did not start");
          stage = await start(started);
        }, startMs);
        afterAll(async () => {
          await stage?.stop();
          if (isOfVariant) process.stdout.write(summary(fixture, variant, tally));
        }, startMs);
        for (const { sentence, run, timeoutMs } of tests) test(sentence, run, timeoutMs);
      });
    }
  });
}
