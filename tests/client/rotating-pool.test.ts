import { execFileSync } from "node:child_process";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pg/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/stores/secrets-manager.ts";
import { type RotationStage, startRotationStage, type Strategy } from "../support/rotation-stage.ts";

let stage: RotationStage;
let sdk: SecretsManagerClient;

beforeAll(async () => {
  stage = await startRotationStage();
  sdk = new SecretsManagerClient({
    endpoint: stage.front.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
});
afterAll(async () => {
  sdk.destroy();
  await stage.stop();
});

test.each<[Strategy, number]>([
  ["single-user", 200],
  ["alternating-users", 0],
])(
  "eight connections that reconnect all the time lose no query over five rotations (%s)",
  { timeout: 120_000 },
  async (strategy, mostRefused) => {
    const secretId = await stage.createSecret(strategy);
    using client = createSecretClient({ source: secretsManagerStore(sdk) });
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
  const secretId = await stage.createSecret("single-user");
  using client = createSecretClient({ source: secretsManagerStore(sdk) });
  await using pool = createRotatingPool({ client, secretId });
  await pool.query("SELECT 1");
  const user = (await client.get(secretId)).value.reveal().match(/"username":"([^"]+)"/)?.[1] ?? "";
  await stage.postgres.admin(
    `ALTER ROLE ${user} PASSWORD 'changed'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`,
  );
  const before = (await stage.postgres.log()).length;
  await expect
    .poll(async () =>
      pool.query("SELECT 1").then(
        () => "works",
        (error: unknown) => Reflect.get(Object(error), "code"),
      ),
    )
    .toBe("credential-refused");
  const refusals = (await stage.postgres.log())
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
  const secretId = await stage.createSecret("single-user");
  using client = createSecretClient({ source: secretsManagerStore(sdk) });
  await using pool = createRotatingPool({ client, secretId, pool: { max: 1 } });
  const [backend] = (await pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows;
  const answer = pool.query("SELECT pg_sleep(1)");
  const state = "SELECT state FROM pg_stat_activity WHERE pid = $1";
  await expect.poll(async () => stage.postgres.admin(state, [backend?.pid])).toEqual([{ state: "active" }]);
  const { host, port, superuser } = stage.postgres;
  const connection = { host, port, user: superuser.username, password: superuser.password, database: "postgres" };
  execFileSync(process.execPath, ["--input-type=module", "--eval", terminateOnceIdle], {
    env: { ...process.env, TERMINATOR: JSON.stringify(connection), BACKEND: String(backend?.pid) },
  });
  await expect(answer).resolves.toMatchObject({ rowCount: 1 });
  await expect(pool.query("SELECT 1")).resolves.toMatchObject({ rowCount: 1 });
});
