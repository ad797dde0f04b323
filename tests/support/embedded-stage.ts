import { afterAll, beforeAll } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";
import { postgresFixture } from "./postgres-fixture.ts";

export interface EmbeddedStage {
  readonly postgres: EmbeddedPostgres;
  readonly stage: Stage;
}

/** PostgreSQL from npm, and a stage on it, for the tests of one file: they are there once the first test runs. */
export function embeddedStage(): EmbeddedStage {
  const started: { postgres?: EmbeddedPostgres; stage?: Stage } = {};
  beforeAll(async () => {
    const postgres = (started.postgres = await startPostgres());
    const fixture = postgresFixture("PostgreSQL", async () => postgres);
    started.stage = await startStage(fixture, await fixture.start());
  });
  afterAll(async () => {
    await started.stage?.stop();
    await started.postgres?.stop();
  });
  return started as EmbeddedStage;
}
