import { describe, expect, test, vi } from "vitest";
import { grantsOf } from "../testing/grants.ts";
import { memoryRotation, memorySecretId, memoryValue } from "../testing/memory-rotation.ts";
import type { DatabaseTarget } from "../ports/database-engine.ts";
import { generatePassword } from "../secrets/password.ts";
import { rotationOf } from "./rotation-context.ts";
import { rotationMemory } from "./rotation-memory.ts";
import { rotationPolicy } from "./rotation-policy.ts";
import { singleUser } from "./strategies/single-user.ts";

type Options = Partial<Parameters<typeof memoryRotation>[0]>;

describe("an endpoint of RDS Proxy", () => {
  const proxy = "orders.proxy-c1abcdefghij.eu-west-1.rds.amazonaws.com";

  test.each([
    [{ host: proxy }],
    [{ host: "readers.endpoint.PROXY-c1abcdefghij.cn-north-1.rds.amazonaws.com.cn" }],
    [{ host: "db", hosts: ["db2", proxy] }],
  ])("%j is refused before anything is made", async (fields) => {
    const stage = memoryRotation({ strategy: "single-user", fields });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).rejects.toMatchObject({
      code: "pooler-keeps-password",
      context: { host: expect.stringMatching(/proxy/iu) },
      hint: expect.stringContaining("docs/how-to/rds-proxy.md"),
    });
    const call = { signal: AbortSignal.timeout(1_000) };
    await expect(stage.store.read(memorySecretId, { versionId: "v1" }, call)).resolves.toBeUndefined();
  });

  test("is no matter to an engine that logs in nowhere", async () => {
    const stage = memoryRotation({ strategy: "single-user", fields: { host: proxy, engine: "anything" } });
    Object.assign(stage.engine, { names: [] });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).resolves.toBe("done");
  });

  test.each([
    "orders.c1abcdefghij.eu-west-1.rds.amazonaws.com",
    "db.proxy-1.example.com",
    "a.proxy-1.eu-west-1.rds.amazonaws.com.example.com",
  ])("%s is none", async (host) => {
    const stage = memoryRotation({ strategy: "single-user", fields: { host } });
    stage.store.beginRotation("v1");
    await expect(stage.container()("createSecret")).resolves.toBe("done");
  });
});

describe("where the database is looked for", () => {
  const targetOf = async (options: Options): Promise<DatabaseTarget | undefined> => {
    const stage = memoryRotation({ strategy: "single-user", ...options });
    const login = vi.spyOn(stage.engine, "login");
    stage.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await stage.container()(step);
    return login.mock.calls[0]?.[0];
  };

  test("a secret that says little is filled up by the engine; TLS is verified in full", async () => {
    await expect(targetOf({})).resolves.toStrictEqual({
      secretName: memorySecretId,
      secretArn: memorySecretId,
      engine: "memory",
      host: "db",
      port: 1,
      dbname: "memory",
      tls: { mode: "verify-full" },
      listed: 1,
      options: new Map([["rekey:strategy", "single-user"]]),
    });
  });

  test("what the secret says is taken, its own certificate before the function's", async () => {
    const fields = {
      port: 5,
      dbname: "orders",
      authSource: "users",
      ssl: "verify-ca",
      sslrootcert: "PEM of the secret",
    };
    await expect(
      targetOf({ fields, wiring: () => ({ readTlsCa: async () => "PEM of the function" }) }),
    ).resolves.toMatchObject({
      port: 5,
      dbname: "orders",
      authSource: "users",
      tls: { mode: "verify-ca", ca: "PEM of the secret" },
    });
  });

  test("the function's certificate is taken where the secret has none", async () => {
    await expect(targetOf({ wiring: () => ({ readTlsCa: async () => "PEM" }) })).resolves.toMatchObject({
      tls: { ca: "PEM" },
    });
  });

  test("the tag's TLS mode goes before the secret's", async () => {
    const options = { fields: { ssl: false }, tags: { "rekey:tls": "require" } };
    await expect(targetOf(options)).resolves.toMatchObject({ tls: { mode: "require" } });
  });
});

describe("a TLS mode that does not verify the server in full", () => {
  const reportsOf = async (options: Options): Promise<unknown> => {
    const stage = memoryRotation({ strategy: "single-user", ...options });
    stage.store.beginRotation("v1");
    await stage.container()("createSecret");
    return stage.reports.map((report): unknown => JSON.parse(report));
  };

  test("is said in the log", async () => {
    const secret = memoryRotation({ strategy: "single-user" }).store.secretId;
    await expect(reportsOf({ fields: { ssl: "require" } })).resolves.toEqual([
      { message: "the connection to the database is not fully verified", secret, tls: "require" },
    ]);
  });

  test("is the exception: nothing is said otherwise", async () => {
    await expect(reportsOf({})).resolves.toEqual([]);
    await expect(reportsOf({ fields: { ssl: true } })).resolves.toEqual([]);
  });
});

test("a host's calls have the step's deadline, and what an engine notes of an account is reported", () => {
  const reports: string[] = [];
  const stage = memoryRotation({ strategy: "single-user" });
  const deps = {
    store: stage.store,
    publisher: stage.publisher,
    engine: stage.engine,
    strategies: { "single-user": singleUser(stage.engine) },
    defaultStrategy: "single-user",
    grants: grantsOf({ admins: {}, users: {} }),
    generatePassword,
    memory: rotationMemory(),
    nowMs: Date.now,
    report: (message: string, facts: object) => void reports.push(JSON.stringify({ message, ...facts })),
  } as const;
  const facts = {
    secretArn: memorySecretId,
    secretName: "app",
    policy: rotationPolicy(new Map()),
    options: new Map(),
    wasRotated: false,
  };
  const { signal } = new AbortController();
  const [host] = rotationOf(deps, memoryValue("x", { hosts: ["db2", "db3"] }), facts, { signal }).hosts;
  expect(host.call.signal).toBe(signal);
  expect(host.target.listed).toBe(3);
  reports.length = 0;
  host.call.note?.({ code: "password-hash-weak", detail: { user: "app" } });
  expect(reports).toEqual([
    JSON.stringify({
      message: "the user's account is worth a look",
      secret: memorySecretId,
      finding: "password-hash-weak",
      user: "app",
    }),
  ]);
});
