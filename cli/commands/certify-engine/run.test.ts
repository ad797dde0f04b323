import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { type Stack, startStack } from "../../../local/stack.ts";
import { createAuthority } from "../../../shared/testing/engine-contract/certificates.ts";
import { namedServer } from "./named-server.ts";
import { rekeyMain, runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

const longMs = 240_000;
const authority = createAuthority("the server's own");
/** A full run tries every way to rotate. */
const strategies = process.env["REKEY_TEST_FULL"] === "1" ? [] : ["--strategy", "alternating-users"];
let folder: string;
let stack: Stack;
let secrets: SecretsManager;
let postgres: EmbeddedPostgres;
const arns = new Map<string, string>();

const variables = (): NodeJS.ProcessEnv => ({
  ...stackVariables(stack),
  REKEY_ADMIN_SECRETS: [...arns.values()].join(","),
});

async function adminSecret(name: string, fields: object = {}): Promise<void> {
  const { port, superuser } = postgres;
  const value = { engine: "postgres", host: "localhost", port, ...superuser, ...fields };
  arns.set(name, (await secrets.createSecret({ Name: name, SecretString: JSON.stringify(value) })).ARN ?? "");
}

const usersLeft = async (): Promise<readonly string[]> =>
  (await postgres.admin<{ name: string }>("SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'rekey%'")).map(
    ({ name }) => name,
  );

async function certified(name: string, ...words: string[]) {
  const tls = ["--tls-ca", path.join(folder, "ca.pem")];
  const { code, out, err } = await runRekey(["certify-engine", "--secret", name, "--yes", ...tls, ...words], {
    env: variables(),
  });
  expect(out + err).not.toContain(postgres.superuser.password);
  expect(await usersLeft()).toEqual([]);
  return { code, out, err };
}

beforeAll(async () => {
  stack = await startStack();
  secrets = new SecretsManager(stack.clientConfig);
  postgres = await startPostgres({ certificate: authority.issue({ names: ["localhost"] }) });
  await adminSecret("admin");
  folder = await mkdtemp(path.join(tmpdir(), "rekey-certify-"));
  await writeFile(path.join(folder, "ca.pem"), authority.certificate);
}, longMs);
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
  await postgres.stop();
  await rm(folder, { recursive: true });
});

test(
  "the contract holds on a server that the secret names: exit code 0, a report with versions, no user left, and AWS is only read",
  async () => {
    await postgres.admin("CREATE ROLE bystander LOGIN PASSWORD 'of-somebody-else'");
    const look = "SELECT oid, rolname, rolconnlimit, rolvaliduntil FROM pg_roles WHERE rolname = 'bystander'";
    const before = await postgres.admin(look);
    const requests = stack.aws.requests.length;
    const { code, out, err } = await certified("admin", "--points", "1", "--json", ...strategies);
    const report = JSON.parse(out);
    expect({ code, failures: report.groups.flatMap((group: { failures: unknown }) => group.failures) }).toEqual({
      code: 0,
      failures: [],
    });
    expect(report).toMatchObject({
      outcome: "holds",
      engine: "postgres",
      server: expect.stringMatching(/^PostgreSQL 18/),
      node: process.versions.node,
      tls: "verify-full",
      points: 1,
      users: { left: [] },
    });
    expect(report.groups.length).toBe(strategies.length === 0 ? 4 : 2);
    for (const one of report.groups) {
      const { group, clearTextSources, faultPoints, converged, lockOuts, clearTextFindings, failedLogins } = one;
      if (group === "connections") continue;
      // This server has no such extension.
      expect(clearTextSources).toEqual([
        { source: "pg_stat_activity", entries: expect.toSatisfy((entries: number) => entries > 0) },
        { source: "pg_stat_statements", entries: null },
      ]);
      expect({ group, faultPoints, converged, lockOuts, clearTextFindings, failedLogins }).toEqual({
        group,
        faultPoints: 1,
        converged: 1,
        lockOuts: 0,
        clearTextFindings: 0,
        failedLogins: 0,
      });
    }
    expect(err).toMatch(/make up to \d+ users rekey_/);
    expect(await postgres.admin(look)).toEqual(before);
    const asked = stack.aws.requests.slice(requests).map(({ operation }) => operation);
    expect([...new Set(asked)].toSorted()).toEqual(["DescribeSecret", "GetSecretValue"]);
  },
  longMs,
);

test(
  "a clause that does not hold: exit code 1, the clause by its name, and no user left",
  async () => {
    await postgres.admin("CREATE DATABASE rekey_no_such_database");
    onTestFinished(async () => void (await postgres.admin("DROP DATABASE rekey_no_such_database")));
    const { code, out } = await certified("admin", "--points", "1", "--strategy", "single-user");
    expect({ code, hasText: out.includes("failed unknown-database") && out.includes("FAILS") }).toEqual({
      code: 1,
      hasText: true,
    });
    expect(out).toMatch(
      /clear text looked for in pg_stat_activity \(\d+ entries\), pg_stat_statements \(could not be read\)/,
    );
  },
  longMs,
);

test(
  "Ctrl-C in the middle: exit code 130, the report says so, and no user left",
  async () => {
    const words = ["certify-engine", "--secret", "admin", "--yes", "--tls-ca", path.join(folder, "ca.pem")];
    const child = spawn(process.execPath, [rekeyMain, ...words], { env: variables() });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const code = new Promise((resolve) => child.once("close", resolve));
    await expect.poll(async () => (await usersLeft()).length, { timeout: 60_000 }).toBeGreaterThan(3);
    child.kill("SIGINT");
    expect(await code).toBe(130);
    expect(out).toContain("interrupted");
    expect(await usersLeft()).toEqual([]);
  },
  longMs,
);

test("a secret that the configuration does not list is refused before anything is contacted", async () => {
  const { code, err } = await runRekey(["certify-engine", "--secret", "admin", "--yes"], {
    env: { ...variables(), REKEY_ADMIN_SECRETS: "" },
  });
  expect({ code, err: err.includes("admin-secret-refused") && err.includes("REKEY_ADMIN_SECRETS=arn:") }).toEqual({
    code: 1,
    err: true,
  });
});

test.each([
  ["a wrong password", { password: "canary-of-nobody" }, "credential-refused"],
  ["another name than the certificate's", { host: "127.0.0.1" }, "tls-refused"],
  ["no host, and none is granted", { host: undefined }, "option-invalid"],
  ["an engine that has no users here", { engine: "redis" }, "engine-unsupported"],
  ["an address whose certificate would be verified", { host: "127.0.0.2" }, "option-invalid"],
  ["no secret of a login", { username: undefined }, "secret-malformed"],
])("%s: one typed error, nothing made", async (what, fields, expected) => {
  const name = what.replaceAll(/\W+/g, "-");
  await adminSecret(name, fields);
  const { code, out, err } = await certified(name);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain(expected);
  expect(err).not.toContain("canary");
});

test("without --yes and without a terminal it says what it would do, and does nothing", async () => {
  const words = ["certify-engine", "--secret", "admin", "--tls-ca", path.join(folder, "ca.pem")];
  const { code, err } = await runRekey(words, { env: variables() });
  expect(code).toBe(1);
  expect(err).toContain(`localhost:${postgres.port}`);
  expect(err).toContain("option-invalid");
});

test("an administrator without the right to make users: that error alone", async () => {
  await postgres.admin("CREATE ROLE humble LOGIN PASSWORD 'humble-password'");
  onTestFinished(async () => void (await postgres.admin("DROP ROLE humble")));
  await adminSecret("humble", { username: "humble", password: "humble-password" });
  const { code, out, err } = await certified("humble");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("database-rights-missing");
});

test("a user whose name begins with the run's prefix: refused before anything is made, and the user stays", async () => {
  await postgres.admin(`CREATE ROLE rekey_00000000_theirs LOGIN PASSWORD 'of-somebody-else'`);
  onTestFinished(async () => void (await postgres.admin("DROP ROLE rekey_00000000_theirs")));
  vi.stubEnv("REKEY_ADMIN_SECRETS", [...arns.values()].join(","));
  for (const [name, value] of Object.entries(stackVariables(stack))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const before = await postgres.admin("SELECT oid, rolname FROM pg_roles ORDER BY oid");
  const named = namedServer(
    {
      secretId: "admin",
      engine: undefined,
      tlsCa: path.join(folder, "ca.pem"),
      strategies: [],
      prefix: "rekey_00000000",
    },
    { signal: AbortSignal.timeout(longMs) },
  );
  await expect(named).rejects.toMatchObject({ code: "user-collision" });
  expect(await postgres.admin("SELECT oid, rolname FROM pg_roles ORDER BY oid")).toEqual(before);
});

test("neither a server nor a module, and a module without a fixture, are wrong use", async () => {
  for (const words of [[], ["--module", path.join(import.meta.dirname, "definition.ts")]]) {
    const { code, err } = await runRekey(["certify-engine", ...words], { env: variables() });
    expect(code).toBe(1);
    expect(err).toContain("option-invalid");
  }
});
