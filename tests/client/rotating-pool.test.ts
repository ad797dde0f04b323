import { afterAll, beforeAll, expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/stores/secrets-manager.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
let postgres: EmbeddedPostgres;
let stage: Stage;

beforeAll(async () => {
  postgres = await startPostgres();
  const fixture = postgresFixture("PostgreSQL", async () => postgres);
  stage = await startStage(fixture, await fixture.start());
});
afterAll(async () => {
  await stage.stop();
  await postgres.stop();
});

test.each<[Variant, number]>([
  [singleUser, 200],
  [{ strategy: "alternating-users", usesAdmin: true }, 0],
])(
  "eight connections that reconnect all the time lose no query over five rotations ($strategy)",
  { timeout: 120_000 },
  async (variant, mostRefused) => {
    const { id: secretId } = await stage.newSecret(variant);
    using client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    await using pool = createRotatingPool({ client, secretId, pool: { max: 8, maxUses: 3 } });
    const drained: string[] = [];
    pool.onDrained((versionId) => drained.push(versionId));
    const failures: unknown[] = [];
    let queries = 0;
    let running = true;
    const worker = async (): Promise<void> => {
      while (running) {
        await pool.query("SELECT 1").catch((error: unknown) => failures.push(error));
        queries++;
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    let versionId = "";
    for (let rotation = 0; rotation < 5; rotation++) {
      versionId = await stage.rotate(secretId);
      client.invalidate(secretId, { versionId });
      await expect.poll(async () => (await client.get(secretId)).versionId).toBe(versionId);
    }
    await expect.poll(() => pool.versionId).toBe(versionId);
    running = false;
    await Promise.all(workers);
    expect(failures).toEqual([]);
    expect(queries).toBeGreaterThan(100);
    expect(drained.length).toBeGreaterThanOrEqual(4);
    expect(pool.refusedLogins).toBeLessThanOrEqual(mostRefused);
  },
);

test("a credential that is refused everywhere is offered once each, and the error is typed", async () => {
  const { id: secretId, account } = await stage.newSecret(singleUser);
  using client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
  await using pool = createRotatingPool({ client, secretId });
  await pool.query("SELECT 1");
  const user = account.username;
  await postgres.admin(
    `ALTER ROLE ${user} PASSWORD 'changed'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`,
  );
  const before = (await postgres.log()).length;
  await expect
    .poll(async () =>
      pool.query("SELECT 1").then(
        () => "works",
        (error: unknown) => Reflect.get(Object(error), "code"),
      ),
    )
    .toBe("credential-refused");
  const refusals = (await postgres.log())
    .slice(before)
    .split("\n")
    .filter((line) => line.includes(`password authentication failed for user "${user}"`));
  expect(refusals).toHaveLength(1);
});
