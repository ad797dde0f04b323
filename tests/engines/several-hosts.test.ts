import { afterAll, beforeAll, expect, test } from "vitest";
import { strategiesOn } from "../../functions/rotate-postgres/rotation.ts";
import { type EmbeddedPostgres, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { postgresEngine } from "../../shared/engines/postgres/postgres-engine.ts";
import type { RotationDependencies } from "../../shared/rotation/dependencies.ts";
import type { RotationStep } from "../../shared/ports/rotation.ts";
import { rotate } from "../../shared/rotation/rotate.ts";
import { rotationMemory } from "../../shared/rotation/rotation-memory.ts";
import { parseDatabaseSecret } from "../../shared/secrets/database-secret.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { memoryStore } from "../../shared/testing/memory-store.ts";
import { grantsOf } from "../../shared/testing/grants.ts";

const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf";
const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const call = { signal: new AbortController().signal };
const engine = postgresEngine();
let servers: readonly EmbeddedPostgres[];
let users = 0;

beforeAll(async () => {
  servers = await Promise.all([startPostgres(), startPostgres()]);
});
afterAll(async () => Promise.all(servers.map(async (server) => server.stop())));

/** One credential for the same user on every server, and on a port where nothing listens when `unreachable`. */
async function newSecret({ unreachable = false } = {}) {
  const username = `app_${++users}`;
  for (const server of servers) await server.admin(`CREATE ROLE ${username} LOGIN PASSWORD 'before'`);
  const hosts = servers.map(({ host, port }) => `${host}:${port}`);
  const value = {
    engine: "postgres",
    host: servers[0]?.host,
    port: servers[0]?.port,
    hosts: unreachable ? [...hosts, "127.0.0.1:1"] : hosts,
    username,
    password: "before",
    ssl: false,
  };
  const store = memoryStore(secretId, new SecretValue(JSON.stringify(value)));
  store.beginRotation("v1");
  const deps: RotationDependencies = {
    store,
    publisher: { publish: async () => undefined },
    engine,
    defaultStrategy: "single-user",
    ...strategiesOn(engine),
    grants: grantsOf(),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: () => undefined,
  };
  return {
    username,
    store,
    run: async (step: RotationStep) => rotate(deps, { step, secretId, versionId: "v1" }, { work: call, tell: call }),
    /** Of each server, whether the version with this label logs in. */
    async logsIn(label: string): Promise<readonly boolean[]> {
      const version = store.labelled(label);
      if (version === undefined) throw new Error(`no ${label}`);
      const credential = parseDatabaseSecret(version.value);
      const outcomes: boolean[] = [];
      for (const { host, port } of servers) {
        const target = { engine: "postgres", host, port, dbname: "postgres", options: new Map<string, string>() };
        const login = await engine.login({ ...target, tls: { mode: "disable" } }, credential, call);
        if (login.ok) await login.session[Symbol.asyncDispose]();
        outcomes.push(login.ok);
      }
      return outcomes;
    },
  };
}

test("one credential is changed on every server", async () => {
  const secret = await newSecret();
  for (const step of steps) await secret.run(step);
  expect(secret.store.versionIdOf("AWSCURRENT")).toBe("v1");
  expect(await secret.logsIn("AWSCURRENT")).toEqual([true, true]);
  expect(await secret.logsIn("AWSPREVIOUS")).toEqual([false, false]);
});

test("when one server cannot be reached, none is changed", async () => {
  const secret = await newSecret({ unreachable: true });
  await secret.run("createSecret");
  await expect(secret.run("setSecret")).rejects.toMatchObject({ code: "database-unreachable", disposition: "retry" });
  expect(await secret.logsIn("AWSCURRENT")).toEqual([true, true]);
});

test("when the second server refuses the change, the first is restored", async () => {
  const secret = await newSecret();
  await servers[1]?.admin("ALTER DATABASE postgres SET default_transaction_read_only = on");
  await secret.run("createSecret");
  await expect(secret.run("setSecret")).rejects.toMatchObject({ code: "database-read-only" });
  expect(await secret.logsIn("AWSCURRENT")).toEqual([true, true]);
  await servers[1]?.admin("BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT");
  for (const step of steps.slice(1)) await secret.run(step);
  expect(await secret.logsIn("AWSCURRENT")).toEqual([true, true]);
});

test("a new password that one server does not take is rolled back on all", async () => {
  const secret = await newSecret();
  await secret.run("createSecret");
  await secret.run("setSecret");
  await servers[1]?.admin(`ALTER ROLE ${secret.username} PASSWORD 'before'`);
  await expect(secret.run("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
  expect(secret.store.versionIdOf("AWSPENDING")).toBeUndefined();
  expect(await secret.logsIn("AWSCURRENT")).toEqual([true, true]);
});
