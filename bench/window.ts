import { setTimeout as wait } from "node:timers/promises";
import type { RequestRecord } from "../local/aws/front.ts";
import { startPostgres } from "../local/postgres/embedded-postgres.ts";
import { postgresEngine } from "../shared/engines/postgres/postgres-engine.ts";
import { singleUser } from "../shared/rotation/strategies/single-user.ts";
import { type Stage, startStage } from "../shared/testing/engine-contract/stage.ts";
import { gated } from "../shared/testing/gated.ts";
import { postgresFixture } from "../tests/support/postgres-fixture.ts";
import { type Figure, figuresOf, median } from "./figure.ts";
import { changeAtTag } from "../shared/tags/tag-names.ts";

/** Between two invocations of the function by Secrets Manager, and how often each is measured. */
const paces = [
  { name: "invocations back to back", gapMs: 0, rounds: 25 },
  { name: "a second between invocations", gapMs: 1_000, rounds: 5 },
];

/** Milliseconds from the new password's commit to the promotion: for so long AWSCURRENT does not log in. */
async function windowMs(stage: Stage, changeAt: string, committedAtMs: () => number): Promise<number> {
  const { id } = await stage.newSecret({
    strategy: "single-user",
    usesAdmin: false,
    tags: { [changeAtTag]: changeAt },
  });
  await stage.begin(id);
  const promotion = (stage.aws.requests as readonly RequestRecord[]).findLast(
    ({ operation }) => operation === "UpdateSecretVersionStage",
  );
  if (promotion === undefined) throw new Error("nothing was promoted");
  return promotion.startedAtMs + promotion.durationMs - committedAtMs();
}

/** How long AWSCURRENT does not log in under single-user, by the step that changes the password. */
export async function benchWindow(): Promise<readonly Figure[]> {
  let committedAtMs = 0;
  const engine = gated(postgresEngine(), async (operation, work) => {
    const result = await work();
    if (operation === "setPassword") committedAtMs = Date.now();
    return result;
  });
  const fixture = {
    ...postgresFixture("PostgreSQL 18", startPostgres),
    engine,
    strategies: { "single-user": singleUser(engine) },
  };
  const server = await fixture.start();
  const stage = await startStage(fixture, server);
  try {
    const figures: Figure[] = [];
    for (const { name, gapMs, rounds } of paces) {
      stage.beforeStep = async () => wait(gapMs);
      const windows: Readonly<Record<string, number[]>> = { setSecret: [], finishSecret: [] };
      for (let round = 0; round < rounds; round++) {
        for (const [changeAt, measured] of Object.entries(windows))
          measured.push(await windowMs(stage, changeAt, () => committedAtMs));
      }
      const [atSet, atFinish] = [median(windows["setSecret"] ?? []), median(windows["finishSecret"] ?? [])];
      figures.push(
        ...figuresOf("window", `${name}, changed at finishSecret`, "ms", atFinish, { "changed at setSecret": atSet }),
        ...figuresOf("window", `${name}, changed at setSecret`, "ms", atSet, { "changed at finishSecret": atFinish }),
      );
    }
    return figures;
  } finally {
    await stage.stop();
    await server.stop();
  }
}
