import { clearText } from "./clauses/clear-text.ts";
import { hardships } from "./clauses/hardships.ts";
import { healthy } from "./clauses/healthy.ts";
import { killed } from "./clauses/killed.ts";
import { type EngineFixture, type EngineServer, variantName } from "./fixture.ts";
import type { Runner } from "./runner.ts";
import { type Stage, startStage } from "./stage.ts";
import { emptyTally, isExempt, type Suite, summary } from "./suite.ts";

const startMs = 120_000;
const testMs = 60_000;

/** In this order: what comes first leaves the server as it was. */
const clauses: readonly ((suite: Suite) => void)[] = [healthy, hardships, killed, clearText];

/**
 * What must hold on every engine, run against a real server, once for each way to rotate. Give it the functions of any
 * test runner. Prints one line for each variant.
 */
export function engineContract({ describe, test, beforeAll, afterAll, expect }: Runner, fixture: EngineFixture): void {
  describe(fixture.name, () => {
    let server: EngineServer | undefined;
    beforeAll(async () => {
      server = await fixture.start();
    }, startMs);
    afterAll(async () => server?.stop(), startMs);

    for (const variant of fixture.variants) {
      describe(variantName(variant), () => {
        let stage: Stage | undefined;
        const tally = emptyTally();
        beforeAll(async () => {
          if (server !== undefined) stage = await startStage(fixture, server);
        }, startMs);
        afterAll(async () => {
          await stage?.stop();
          process.stdout.write(summary(fixture, variant, tally));
        }, startMs);
        const suite: Suite = {
          fixture,
          variant,
          expect,
          tally,
          stage() {
            if (stage === undefined) throw new Error("the server did not start");
            return stage;
          },
          test(clause, sentence, body, timeoutMs = testMs) {
            if (!isExempt(fixture, variant, clause)) test(sentence, body, timeoutMs);
          },
        };
        for (const clause of clauses) clause(suite);
      });
    }
  });
}
