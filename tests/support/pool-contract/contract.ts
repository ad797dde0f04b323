import * as vitest from "vitest";
import type { EngineServer } from "../../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../../shared/testing/engine-contract/stage.ts";
import { ending } from "./clauses/ending.ts";
import { refusals } from "./clauses/refusals.ts";
import { rotationsOf } from "./clauses/rotations.ts";
import { wrongInput } from "./clauses/wrong-input.ts";
import type { PoolFixture, SubjectServer } from "./fixture.ts";
import { type PoolSuite, startService } from "./suite.ts";

// Under other names: what it registers are clauses, whose sentences and expectations are elsewhere.
const { afterAll, beforeAll, describe: group, test: register } = vitest;
const startMs = 120_000;
const testMs = 60_000;
const clauses = [rotationsOf, refusals, wrongInput, ending] as const;

/** What must hold for every integration of rekey's client that follows rotations, against a real server. */
export function poolContract(fixture: PoolFixture): void {
  const { engine, exemptions = [] } = fixture;
  const [first, ...others] = fixture.variants ?? engine.variants;
  const variants = [first, ...others.filter(({ tags }) => tags === undefined)] as const;

  group(fixture.name, () => {
    let started: EngineServer | undefined;
    let stage: Stage | undefined;
    let subjects: SubjectServer | undefined;
    const theStage = (): Stage => {
      if (stage === undefined) throw new Error("the stage did not start");
      return stage;
    };
    const theServer = (): SubjectServer => {
      if (subjects === undefined) throw new Error("the server was not prepared");
      return subjects;
    };

    beforeAll(async () => {
      started = await engine.start();
      stage = await startStage(engine, started);
      subjects = await fixture.prepare(started, stage);
    }, startMs);
    afterAll(async () => {
      for (const { clause, reason } of exemptions)
        process.stdout.write(`${fixture.name}: exempt from ${clause}: ${reason}\n`);
      await subjects?.stop?.();
      await stage?.stop();
      await started?.stop();
    }, startMs);

    const suite: PoolSuite = {
      fixture,
      variants,
      stage: theStage,
      server: theServer,
      sessions: async () => theServer().sessions?.() ?? theStage().proxy.open(),
      service: async (variant, fields) => startService(fixture, theStage(), variant, fields),
      test(clause, sentence, body) {
        if (!exemptions.some((exemption) => exemption.clause === clause)) register(sentence, { timeout: testMs }, body);
      },
    };
    for (const clause of clauses) clause(suite);
  });
}
