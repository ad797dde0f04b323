import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import type { VaultLogin } from "../vault/vault-login.ts";
import { memorySecretId } from "../testing/memory-rotation.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { environmentOf } from "./environment.ts";
import { environmentLogin } from "./environment-login.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const login = async (variables: Readonly<Record<string, string>>): Promise<VaultLogin> =>
  environmentLogin(environmentOf(variables), memoryStore(memorySecretId, new SecretValue("s.credential")), call);

test.each([
  ["approle", { VAULT_ROLE_ID: "id", VAULT_CREDENTIAL_SECRET: memorySecretId }, { roleId: "id" }],
  ["token", { VAULT_CREDENTIAL_SECRET: memorySecretId }, {}],
  [
    "jwt",
    { VAULT_ROLE: "r", VAULT_CREDENTIAL_SECRET: memorySecretId, VAULT_AUTH_MOUNT: "oidc" },
    { role: "r", mount: "oidc" },
  ],
  ["aws", { VAULT_ROLE: "r" }, { role: "r" }],
])("%s takes its own variables", async (method, variables, expected) => {
  expect(await login({ VAULT_AUTH: method, ...variables })).toMatchObject({ method, ...expected });
});

test.each([
  ["s.token\n", "s.token"],
  ["\uFEFF s.token \r\n", "s.token"],
])("the token %j of a secret is %s", async (stored, token) => {
  const variables = environmentOf({ VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: memorySecretId });
  const made = await environmentLogin(variables, memoryStore(memorySecretId, new SecretValue(stored)), call);
  expect(made.method === "token" && made.token.reveal()).toBe(token);
});

test.each(["", "\n", "s.one\ns.two", '{"token":"s.one"} '])(
  "the token %j of a secret is refused by the variable's name, and not told",
  async (stored) => {
    const variables = environmentOf({ VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: memorySecretId });
    const made = environmentLogin(variables, memoryStore(memorySecretId, new SecretValue(stored)), call);
    const error: unknown = await made.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "option-invalid", context: { option: "VAULT_CREDENTIAL_SECRET" } });
    expect(inspect(error)).not.toContain("s.one");
  },
);

test("a JWT is read from its file at each login", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rekey-jwt-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  const made = await login({ VAULT_AUTH: "jwt", VAULT_ROLE: "r", VAULT_JWT_FILE: file });
  if (made.method !== "jwt") throw new Error("another method");
  await expect(made.token()).rejects.toMatchObject({ code: "mirror-unauthorized" });
  for (const token of ["first", "second"]) {
    writeFileSync(file, `${token}\n`);
    expect((await made.token()).reveal()).toBe(token);
  }
});

test.each([
  [{ VAULT_AUTH: "ldap" }, "option-invalid"],
  [{ VAULT_AUTH: "aws" }, "option-invalid"],
  [{ VAULT_AUTH: "token" }, "option-invalid"],
  [{ VAULT_AUTH: "token", VAULT_CREDENTIAL_SECRET: "arn:gone" }, "secret-not-found"],
])("%j is %s", async (variables, code) => {
  await expect(login(variables)).rejects.toMatchObject({ code });
});
