import { awkwardNames } from "./clauses/awkward-names.ts";
import { clearText } from "./clauses/clear-text.ts";
import { hardships } from "./clauses/hardships.ts";
import { healthy } from "./clauses/healthy.ts";
import { nothingElseChanged } from "./clauses/nothing-else-changed.ts";
import { killed } from "./clauses/killed.ts";
import { recovery } from "./clauses/recovery.ts";
import { tampered } from "./clauses/tampered.ts";
import { tls } from "./clauses/tls.ts";
import { unreachable } from "./clauses/unreachable.ts";
import { type EngineFixture, type EngineServer, type Variant, variantName } from "./fixture.ts";
import { type Stage, startStage } from "./stage.ts";
import { emptyTally, isExempt, type Runner, type Suite, summary } from "./suite.ts";

const startMs = 120_000;
const testMs = 60_000;

/** Of each way to rotate. What comes last looks at what the others left behind. */
const ofVariant: readonly ((suite: Suite) => void)[] = [
  healthy,
  recovery,
  tampered,
  awkwardNames,
  hardships,
  nothingElseChanged,
  killed,
  clearText,
];
/** Of the connection, whatever is done with it. */
const ofConnection: readonly ((suite: Suite) => void)[] = [unreachable, tls];
const connectionClauses = [
  "tls",
  "tls-absent",
  "tls-not-verified",
  "clear-password-asked",
  "black-hole",
  "silent",
  "unknown-database",
] as const;

/**
 * What must hold on every engine, run against a real server, once for each way to rotate. Give it the functions of any
 * test runner. Prints one line for each variant.
 */
export function engineContract({ describe, test, beforeAll, afterAll, expect }: Runner, fixture: EngineFixture): void {
  function register(
    name: string,
    variant: Variant,
    clauses: readonly ((suite: Suite) => void)[],
    server: () => EngineServer,
    isCounted: boolean,
  ): void {
    describe(name, () => {
      let stage: Stage | undefined;
      const tally = emptyTally();
      beforeAll(async () => {
        stage = await startStage(fixture, server());
      }, startMs);
      afterAll(async () => {
        await stage?.stop();
        if (isCounted) process.stdout.write(summary(fixture, variant, tally));
      }, startMs);
      const suite: Suite = {
        fixture,
        variant,
        expect,
        tally,
        stage() {
          if (stage === undefined) throw new Error("the stage did not start");
          return stage;
        },
        test(clause, sentence, body, timeoutMs = testMs) {
          if (!isExempt(fixture, variant, clause)) test(sentence, body, timeoutMs);
        },
      };
      for (const clause of clauses) clause(suite);
    });
  }

  describe(fixture.name, () => {
    let started: EngineServer | undefined;
    const server = (): EngineServer => {
      if (started === undefined) throw new Error("the server did not start");
      return started;
    };
    beforeAll(async () => {
      started = await fixture.start();
    }, startMs);
    afterAll(async () => started?.stop(), startMs);

    const [first] = fixture.variants;
    if (connectionClauses.some((clause) => !isExempt(fixture, first, clause))) {
      register("connections", first, ofConnection, server, false);
    }
    for (const variant of fixture.variants) register(variantName(variant), variant, ofVariant, server, true);
  });
}
