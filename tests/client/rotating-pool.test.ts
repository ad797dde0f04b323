import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { queryAllTheTime } from "../support/query-load.ts";
import { embeddedStage } from "../support/embedded-stage.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const soon = { timeout: 60_000 };
const embedded = embeddedStage();

test.each<[Variant, number]>([
  [singleUser, 200],
  [{ strategy: "alternating-users", usesAdmin: true }, 0],
])(
  "eight connections that reconnect all the time lose no query over five rotations ($strategy)",
  { timeout: 120_000 },
  async (variant, mostRefused) => {
    const { id: secretId } = await embedded.stage.newSecret(variant);
    using client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
    await using pool = createRotatingPool({ client, secretId, pool: { max: 8, maxUses: 3 } });
    const drained: string[] = [];
    pool.onDrained((versionId) => drained.push(versionId));
    const load = queryAllTheTime(async () => pool.query("SELECT 1"), 8);
    let { versionId } = await client.get(secretId);
    for (let rotation = 0; rotation < 5; rotation++) {
      const replaced = versionId;
      versionId = await embedded.stage.rotate(secretId);
      client.invalidate(secretId, { atLeast: versionId });
      await expect.poll(async () => (await client.get(secretId)).versionId, soon).toBe(versionId);
      // The rotation after the next one changes this password: nobody rotates so fast that a login is overtaken twice.
      await expect.poll(() => [pool.versionId, drained], soon).toEqual([versionId, expect.arrayContaining([replaced])]);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.queries()).toBeGreaterThan(100);
    expect(pool.refusedLogins).toBeLessThanOrEqual(mostRefused);
  },
);

test("without events the pool follows alternating users within the client's TTL, and no login is refused", async () => {
  const { id: secretId } = await embedded.stage.newSecret({ strategy: "alternating-users", usesAdmin: true });
  using client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own), ttlMs: 10 });
  await using pool = createRotatingPool({ client, secretId });
  await pool.query("SELECT 1");
  const versionId = await embedded.stage.rotate(secretId);
  const versionInUse = async (): Promise<string | undefined> => {
    await pool.query("SELECT 1");
    return pool.versionId;
  };
  await expect.poll(versionInUse).toBe(versionId);
  expect(pool.refusedLogins).toBe(0);
});

test("a credential that is refused everywhere is offered once each, and the error is typed", async () => {
  const { id: secretId, account } = await embedded.stage.newSecret(singleUser);
  using client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
  await using pool = createRotatingPool({ client, secretId });
  await pool.query("SELECT 1");
  const user = account.username;
  await embedded.postgres.admin(
    `ALTER ROLE ${user} PASSWORD 'changed'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`,
  );
  const before = (await embedded.postgres.log()).length;
  await expect
    .poll(async () =>
      pool.query("SELECT 1").then(
        () => "works",
        (error: unknown) => Reflect.get(Object(error), "code"),
      ),
    )
    .toBe("credential-refused");
  const refusals = (await embedded.postgres.log())
    .slice(before)
    .split("\n")
    .filter((line) => line.includes(`password authentication failed for user "${user}"`));
  expect(refusals).toHaveLength(1);
});

/** Ends the backend as soon as it has answered, in a process of its own: the caller's waits and reads nothing meanwhile. */
const terminateOnceIdle = `
  import pg from "pg";
  const client = new pg.Client(JSON.parse(process.env.TERMINATOR));
  await client.connect();
  const ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'";
  while ((await client.query(ended, [process.env.BACKEND])).rowCount === 0);
  while ((await client.query("SELECT FROM pg_stat_activity WHERE pid = $1", [process.env.BACKEND])).rowCount > 0);
  await client.end();
`;

test("a connection that the server ends behind its answer costs neither that query nor the process", async () => {
  const { id: secretId } = await embedded.stage.newSecret(singleUser);
  using client = createSecretClient({ source: secretsManagerStore(embedded.stage.aws.own) });
  await using pool = createRotatingPool({ client, secretId, pool: { max: 1 } });
  const [backend] = (await pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
  const answer = pool.query("SELECT pg_sleep(1)");
  const state = "SELECT state FROM pg_stat_activity WHERE pid = $1";
  await expect.poll(async () => embedded.postgres.admin(state, [backend?.pid])).toEqual([{ state: "active" }]);
  const { host, port, superuser } = embedded.postgres;
  const connection = { host, port, user: superuser.username, password: superuser.password, database: "postgres" };
  execFileSync(process.execPath, ["--input-type=module", "--eval", terminateOnceIdle], {
    env: { ...process.env, TERMINATOR: JSON.stringify(connection), BACKEND: String(backend?.pid) },
  });
  await expect(answer).resolves.toMatchObject({ rowCount: 1 });
  await expect(pool.query("SELECT 1")).resolves.toMatchObject({ rowCount: 1 });
});
