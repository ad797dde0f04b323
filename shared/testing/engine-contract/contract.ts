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
import { type Clause, type EngineFixture, type EngineServer, type Variant, variantName } from "./fixture.ts";
import { type Stage, startStage } from "./stage.ts";
import { emptyTally, isExempt, type Runner, type Suite, summary, type Tally } from "./suite.ts";

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
/** A test of a clause, before it is known whether this run tries it. */
interface Entry {
  readonly clause: Clause;
  readonly sentence: string;
  readonly body: () => Promise<void>;
  readonly timeoutMs: number;
}

/** Tests that share a stage. */
interface Group {
  readonly name: string;
  readonly variant: Variant;
  readonly tally: Tally;
  readonly entries: readonly Entry[];
  stage: Stage | undefined;
}

const everyCase = <Case>(cases: readonly Case[]): readonly Case[] => cases;

/**
 * What must hold on every engine, run against a real server, once for each way to rotate. Give it the functions of any
 * test runner. Prints one line for each variant.
 */
export function engineContract(
  { describe, test, beforeAll, afterAll, expect, sampled = everyCase }: Runner,
  fixture: EngineFixture,
): void {
  function groupOf(name: string, variant: Variant, clauses: readonly ((suite: Suite) => void)[]): Group {
    const entries: Entry[] = [];
    const group: Group = { name, variant, tally: emptyTally(), entries, stage: undefined };
    const suite: Suite = {
      fixture,
      variant,
      expect,
      sampled,
      tally: group.tally,
      stage() {
        if (group.stage === undefined) throw new Error("the stage did not start");
        return group.stage;
      },
      test(clause, sentence, body, timeoutMs = testMs) {
        if (!isExempt(fixture, variant, clause)) entries.push({ clause, sentence, body, timeoutMs });
      },
    };
    for (const clause of clauses) clause(suite);
    return group;
  }

  const [first] = fixture.variants;
  const groups = [
    groupOf("connections", first, ofConnection),
    ...fixture.variants.map((variant) => groupOf(variantName(variant), variant, ofVariant)),
  ];
  const byClause = Map.groupBy(
    groups.flatMap(({ entries }) => entries),
    ({ clause }) => clause,
  );
  const tried = new Set([...byClause.values()].flatMap((entries) => sampled(entries, 1)));

  describe(fixture.name, () => {
    let started: EngineServer | undefined;
    beforeAll(async () => {
      started = await fixture.start();
    }, startMs);
    afterAll(async () => started?.stop(), startMs);

    for (const group of groups) {
      const entries = group.entries.filter((entry) => tried.has(entry));
      if (entries.length === 0) continue;
      describe(group.name, () => {
        beforeAll(async () => {
          if (started === undefined) throw new Error("the server did not start");
          group.stage = await startStage(fixture, started);
        }, startMs);
        afterAll(async () => {
          await group.stage?.stop();
          if (group !== groups[0]) process.stdout.write(summary(fixture, group.variant, group.tally));
        }, startMs);
        for (const { sentence, body, timeoutMs } of entries) test(sentence, body, timeoutMs);
      });
    }
  });
}
