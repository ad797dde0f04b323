import { awkwardNames } from "./clauses/awkward-names.ts";
import { clearText } from "./clauses/clear-text.ts";
import { hardships } from "./clauses/hardships.ts";
import { healthy } from "./clauses/healthy.ts";
import { killed } from "./clauses/killed.ts";
import { nothingElseChanged } from "./clauses/nothing-else-changed.ts";
import { recovery } from "./clauses/recovery.ts";
import { tampered } from "./clauses/tampered.ts";
import { tls } from "./clauses/tls.ts";
import { unreachable } from "./clauses/unreachable.ts";
import { expect } from "./expectation.ts";
import { type Clause, type EngineFixture, type EngineServer, type Variant, variantName } from "./fixture.ts";
import { type Stage, startStage } from "./stage.ts";
import { emptyTally, isExempt, type Sampling, type Suite, type Tally } from "./suite.ts";

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

/** A test of a clause. */
export interface ClauseTest {
  readonly clause: Clause;
  /** What must hold. */
  readonly sentence: string;
  /** Rejects where it does not hold. Only on a group that was started, one test after the other. */
  run(): Promise<void>;
  readonly timeoutMs: number;
}

/** Tests that share a stage. */
export interface Group {
  readonly name: string;
  readonly variant: Variant;
  /** Whether its tests are those of a way to rotate, and not those of the connection alone. */
  readonly isOfVariant: boolean;
  readonly tests: readonly ClauseTest[];
  readonly tally: Tally;
  start(server: EngineServer): Promise<Stage>;
}

function groupOf(
  fixture: EngineFixture,
  sampled: Sampling,
  { name, variant, clauses }: Pick<Group, "name" | "variant"> & { readonly clauses: typeof ofVariant },
): Group {
  const tests: ClauseTest[] = [];
  const tally = emptyTally();
  let stage: Stage | undefined;
  const suite: Suite = {
    fixture,
    variant,
    expect,
    sampled,
    tally,
    stage() {
      if (stage === undefined) throw new Error("the stage did not start");
      return stage;
    },
    test(clause, sentence, run, timeoutMs = testMs) {
      if (!isExempt(fixture, variant, clause)) tests.push({ clause, sentence, run, timeoutMs });
    },
  };
  for (const clause of clauses) clause(suite);
  return {
    name,
    variant,
    isOfVariant: clauses === ofVariant,
    tests,
    tally,
    start: async (server) => (stage = await startStage(fixture, server)),
  };
}

/**
 * The whole contract of a fixture: what whoever runs it has to run. `ofTests` picks among the tests of each clause, and
 * `sampled` among the cases within one (default: the same).
 */
export function contractGroups(
  fixture: EngineFixture,
  sampled: Sampling,
  ofTests: Sampling = sampled,
): readonly Group[] {
  const [first] = fixture.variants;
  const groups = [
    groupOf(fixture, sampled, { name: "connections", variant: first, clauses: ofConnection }),
    ...fixture.variants.map((variant) =>
      groupOf(fixture, sampled, { name: variantName(variant), variant, clauses: ofVariant }),
    ),
  ];
  const byClause = Map.groupBy(
    groups.flatMap(({ tests }) => tests),
    ({ clause }) => clause,
  );
  const tried = new Set([...byClause.values()].flatMap((tests) => ofTests(tests, 1)));
  return groups.flatMap((group) => {
    const tests = group.tests.filter((one) => tried.has(one));
    return tests.length === 0 ? [] : [{ ...group, tests }];
  });
}
