import { QueryTypes } from "sequelize";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createRotatingSequelize } from "../../shared/client/pools/sequelize/rotating-sequelize.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { embeddedStage } from "../support/embedded-stage.ts";
import { queryAllTheTime } from "../support/query-load.ts";
import { type StreamingStandby, startStreamingStandby } from "../support/streaming-standby.ts";

const soon = { timeout: 60_000 };
const where = 'SELECT session_user AS name, pg_is_in_recovery() AS "isReplica"';
const embedded = embeddedStage();
let replica: StreamingStandby;

interface Where {
  readonly name: string;
  readonly isReplica: boolean;
}
/** A service's two ways to the same database, by one secret. */
interface Ways extends AsyncDisposable {
  write(): Promise<Where | undefined>;
  read(): Promise<Where | undefined>;
  versionIds(): readonly (string | undefined)[];
}
type Opening = Parameters<typeof createRotatingPool>[0];

function twoPools(options: Pick<Opening, "client" | "secretId">): Ways {
  const writer = createRotatingPool({ ...options, pool: { max: 4, maxUses: 2 } });
  const reader = createRotatingPool({
    ...options,
    pool: { max: 4, maxUses: 2, host: "127.0.0.1", port: replica.port },
  });
  return {
    write: async () => (await writer.query<Where>(where)).rows[0],
    read: async () => (await reader.query<Where>(where)).rows[0],
    versionIds: () => [writer.versionId, reader.versionId],
    [Symbol.asyncDispose]: async () => void (await Promise.all([writer.end(), reader.end()])),
  };
}

function oneSequelize(options: Pick<Opening, "client" | "secretId">): Ways {
  const sequelize = createRotatingSequelize({
    ...options,
    sequelize: {
      dialect: "postgres",
      logging: false,
      pool: { max: 4, maxUses: 2 },
      replication: { write: {}, read: [{ host: "127.0.0.1", port: replica.port }] },
    },
  });
  const ask = async (useMaster: boolean): Promise<Where | undefined> =>
    (await sequelize.query<Where>(where, { type: QueryTypes.SELECT, useMaster }))[0];
  return {
    write: async () => ask(true),
    read: async () => ask(false),
    versionIds: () => [sequelize.versionId],
    [Symbol.asyncDispose]: async () => sequelize.close(),
  };
}

beforeAll(async () => {
  replica = await startStreamingStandby(embedded.postgres);
  // The replica has replayed the new password before it becomes AWSCURRENT.
  embedded.stage.beforeStep = async ({ step }) => (step === "finishSecret" ? replica.caughtUp() : undefined);
}, 120_000);
afterAll(async () => replica.stop());

const strategies: readonly Variant[] = [
  { strategy: "single-user", usesAdmin: false },
  { strategy: "alternating-users", usesAdmin: true },
];

test.each(
  strategies.flatMap((variant) => [
    { how: "two pools of pg", open: twoPools, variant, strategy: variant.strategy },
    { how: "Sequelize's replication", open: oneSequelize, variant, strategy: variant.strategy },
  ]),
)("$how: writer and replica lose no query over three rotations ($strategy)", { timeout: 120_000 }, async (row) => {
  const { id: secretId } = await embedded.stage.newSecret(row.variant);
  await replica.caughtUp();
  using client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
  await using ways = row.open({ client, secretId });
  const seen = new Set<string>();
  const load = queryAllTheTime(async () => {
    const [writing, reading] = await Promise.all([ways.write(), ways.read()]);
    seen.add(`${writing?.isReplica} ${reading?.isReplica}`);
  }, 3);
  for (let rotation = 0; rotation < 3; rotation++) {
    const versionId = await embedded.stage.rotate(secretId);
    client.invalidate(secretId, { atLeast: versionId });
    await expect.poll(() => new Set(ways.versionIds()), soon).toEqual(new Set([versionId]));
    const current = JSON.parse((await embedded.stage.read(secretId, "AWSCURRENT")) ?? "{}") as { username: string };
    // A login that was under way may still be given to whoever waits.
    const names = async () => [(await ways.write())?.name, (await ways.read())?.name];
    await expect.poll(names, soon).toEqual([current.username, current.username]);
  }
  await load.stop();
  expect([load.failures, [...seen]]).toEqual([[], ["false true"]]);
});
