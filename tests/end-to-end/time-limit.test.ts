import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import type { RotationStep } from "../../shared/ports/rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { gated } from "../../shared/testing/gated.ts";
import { grantsOf } from "../../shared/testing/grants.ts";
import { memoryPublisher } from "../../shared/testing/memory-publisher.ts";
import { type MemoryStore, memoryStore } from "../../shared/testing/memory-store.ts";
import { logsIn as postgresLogin } from "../support/postgres-login.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const satisfies readonly RotationStep[];
const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
let postgres: EmbeddedPostgres;
let users = 0;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => postgres.stop());

async function newSecret(): Promise<MemoryStore> {
  const { host, port, admin } = postgres;
  const account = { username: `app_${++users}`, password: generatePassword({ charset: "url", length: 32 }).reveal() };
  await admin(`CREATE ROLE ${account.username} LOGIN PASSWORD '${account.password}'`);
  const value = { engine: "postgres", host, port, dbname: "postgres", ssl: false, ...account };
  return memoryStore(arn, new SecretValue(JSON.stringify(value)));
}

/**
 * One step in a cold container. With `passesAt` its time limit passes while that call of a port is under way: what the call has
 * sent may still take effect. Returns whether the step ended well.
 */
async function run(store: MemoryStore, step: RotationStep, versionId: string, passesAt = Infinity): Promise<boolean> {
  const limit = new AbortController();
  let calls = 0;
  const engine = gated(postgresEngine(), async (_operation, work) => {
    const running = work();
    if (++calls === passesAt) setImmediate(() => limit.abort());
    return running;
  });
  const deps = {
    store,
    publisher: memoryPublisher(),
    engine,
    strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
    defaultStrategy: "single-user",
    grants: grantsOf({ admins: {}, users: {} }),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  } as const;
  const deadlines = { work: limit, tell: { signal: AbortSignal.timeout(10_000) } };
  return rotate(deps, { step, secretId: arn, versionId }, deadlines).then(
    () => true,
    () => false,
  );
}

test("a first rotation whose time limit passes in any statement heals by a new token, in cold containers, without AWSPREVIOUS", async () => {
  let cut = 0;
  for (let at = 1; at <= 8; at++) {
    const store = await newSecret();
    store.beginRotation("v1");
    await run(store, "createSecret", "v1");
    if (!(await run(store, "setSecret", "v1", at))) cut++;
    store.beginRotation("v2");
    const outcomes = [];
    for (const step of steps) outcomes.push(await run(store, step, "v2"));
    const current = parseDatabaseSecret(store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}"));
    const logsIn = await postgresLogin(postgres, current.username, current.password.reveal());
    expect({ at, outcomes, current: store.versionIdOf("AWSCURRENT"), logsIn }).toEqual({
      at,
      outcomes: [true, true, true, true],
      current: "v2",
      logsIn: true,
    });
  }
  expect(cut).toBeGreaterThan(0);
});

test("the change that took effect before the limit passed is found under its version's id alone", async () => {
  const store = await newSecret();
  store.beginRotation("v1");
  await run(store, "createSecret", "v1");
  await run(store, "setSecret", "v1");
  store.beginRotation("v2");
  const abandoned = parseDatabaseSecret(
    (await store.read(arn, { versionId: "v1" }, { signal: AbortSignal.timeout(1_000) }))?.value ??
      new SecretValue("{}"),
  );
  const before = parseDatabaseSecret(store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}"));
  const accepts = async ({ username, password }: typeof before): Promise<boolean> =>
    postgresLogin(postgres, username, password.reveal());
  expect([await accepts(before), await accepts(abandoned)]).toEqual([false, true]);
  for (const step of steps) expect(await run(store, step, "v2")).toBe(true);
  expect(await accepts(parseDatabaseSecret(store.labelled("AWSCURRENT")?.value ?? new SecretValue("{}")))).toBe(true);
});
