import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  await stack.deploy();
  const Statement = { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" } as const;
  const as = (role: string) =>
    new SecretsManager({
      ...stack.clientConfig,
      credentials: stack.aws.principals.assumeRole(role, "session", [{ Statement }]),
    });
  const [administrator, service, own] = [
    new SecretsManager(stack.clientConfig),
    as("orders"),
    as("rekey-ReconcileRole"),
  ];
  for (const name of ["db/idle", "db/own", "db/used"]) {
    await administrator.createSecret({ Name: name, SecretString: "canary-value" });
  }
  for (const [name, host] of [
    ["twin/one", "DB.example.com"],
    ["twin/two", "db.example.com"],
    ["twin/other", "db2"],
  ]) {
    const user = { engine: "postgres", host, port: 5432, username: "canary-user", password: "canary-password" };
    await administrator.createSecret({ Name: name, SecretString: JSON.stringify(user) });
  }
  await administrator.createSecret({ Name: "twin/text", SecretString: "canary-text" });
  await service.getSecretValue({ SecretId: "db/used" });
  await own.getSecretValue({ SecretId: "db/own" });
  for (const client of [administrator, service, own]) client.destroy();
});
afterAll(async () => stack.stop());

const usage = async (...words: readonly string[]) => {
  const printed = await runRekey(["usage", ...words], { env: stackVariables(stack) });
  expect(printed.out + printed.err).not.toContain("canary");
  return printed;
};

test("usage shows who reads each secret, with the stack's own reads left out, and is silent about values", async () => {
  const { code, out } = await usage("--search", "db", "--json");
  expect(code).toBe(0);
  const rows: readonly unknown[] = out
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const principal = "arn:aws:iam::123456789012:role/orders";
  expect(rows).toMatchObject([
    { name: "db/idle", use: "new", readers: [], isCovered: false },
    { name: "db/own", use: "new", readers: [] },
    { name: "db/used", use: "read", readers: [{ principal, count: 1 }] },
  ]);
  const table = await usage("--search", "db", "--check");
  expect([table.code, table.out]).toEqual([1, expect.stringMatching(/^NAME +USE +ROTATION +LAST READ +READ BY$/m)]);
});

test("without the stack whose roles are rekey's own, and for a window of no days, nothing is claimed", async () => {
  expect(await usage("--stack", "nobody")).toMatchObject({ code: 1, out: "" });
  expect(await usage("--days", "0")).toMatchObject({ code: 1, err: expect.stringContaining("option-invalid") });
});

test("--compare-users names secrets of one database user, and neither user, host nor password", async () => {
  const { code, out } = await usage("--search", "twin", "--compare-users");
  expect(code).toBe(0);
  expect(out).toContain(
    "twin/one has the same database user as twin/two\ntwin/two has the same database user as twin/one\n",
  );
  expect(out).toContain("not compared: twin/text\n");
  expect(out).not.toMatch(/example\.com|db2/);
});
