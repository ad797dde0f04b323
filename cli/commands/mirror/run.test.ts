import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../../../local/stack.ts";
import { at, type VaultAdmin, vaultAdmin } from "../../../tests/support/vault-http.ts";
import { runRekey } from "../../../tests/support/run-rekey.ts";
import { stackVariables } from "../../../tests/support/stack-variables.ts";

const canary = "canary-8d20";
let stack: Stack;
let secrets: SecretsManager;
let admin: VaultAdmin;
let former = "";

beforeAll(async () => {
  stack = await startStack({ vaultToken: `${canary}-token` });
  secrets = new SecretsManager(stack.clientConfig);
  admin = vaultAdmin(stack.vault);
  await secrets.createSecret({ Name: "vault", SecretString: stack.vault.rootToken });
  const Tags = [{ Key: "rekey:vault-path", Value: "db/orders" }];
  await secrets.createSecret({ Name: "db/orders", SecretString: `{"password":"${canary}-orders"}` });
  const made = await secrets.createSecret({ Name: "first", SecretString: `{"password":"${canary}-first"}`, Tags });
  former = made.ARN ?? "";
  await mirror("first");
});
afterAll(async () => {
  secrets.destroy();
  await stack.stop();
});

async function mirror(...words: readonly string[]) {
  const env = {
    ...stackVariables(stack),
    VAULT_ADDR: stack.vault.address,
    VAULT_AUTH: "token",
    VAULT_CREDENTIAL_SECRET: "vault",
  };
  const printed = await runRekey(["mirror", ...words], { env });
  expect(printed.out + printed.err).not.toContain(canary);
  return printed;
}

const passwordAt = async (path: string): Promise<unknown> =>
  at((await admin("GET", `secret/data/${path}`)).body, "data", "data", "password");

test("a place that is another secret's is mirror-foreign, and says how to take it over", async () => {
  const { code, out } = await mirror("db/orders");
  expect([code, out]).toEqual([1, expect.stringContaining("mirror-foreign")]);
  expect(out).toContain(`owner=${former}`);
  expect(await passwordAt("db/orders")).toBe(`${canary}-first`);
});

test("--take-over is for one named secret, and asks: without a terminal or --yes nothing is changed", async () => {
  const all = await mirror("--all", "--take-over", "--yes");
  expect([all.code, all.err]).toEqual([1, expect.stringContaining("option=take-over")]);
  expect((await mirror("--take-over", "--yes")).err).toContain("option-invalid");
  const unasked = await mirror("db/orders", "--take-over");
  expect([unasked.code, unasked.err]).toEqual([1, expect.stringContaining("option=yes")]);
  expect(unasked.err).toContain(`secret/data/db/orders: revision 1, of ${former}`);
  expect((await mirror("nobody", "--take-over", "--yes")).err).toContain("secret-not-found");
  expect(await passwordAt("db/orders")).toBe(`${canary}-first`);
});

test("--take-over --yes writes over it, once, and the former owner is mirror-foreign from then on", async () => {
  const taken = await mirror("db/orders", "--take-over", "--yes");
  expect([taken.code, taken.out]).toEqual([0, expect.stringMatching(/^written {2}db\/orders {2}revision 2, version /)]);
  expect(await passwordAt("db/orders")).toBe(`${canary}-orders`);
  expect((await mirror("db/orders", "--take-over", "--yes")).out).toContain("unchanged  db/orders  revision 2");
  expect((await mirror("db/orders")).code).toBe(0);
  const { code, out } = await mirror("first");
  expect([code, out]).toEqual([1, expect.stringContaining("mirror-foreign")]);
});

test("--take-over of what somebody wrote by hand, and of a place where nothing is", async () => {
  await admin("POST", "secret/data/by/hand", { data: { password: "by hand" } });
  for (const name of ["by/hand", "by/nobody"]) {
    await secrets.createSecret({ Name: name, SecretString: `{"password":"${canary}-${name}"}` });
    const { code, err } = await mirror(name, "--take-over", "--yes");
    const stood = name === "by/hand" ? "revision 1, of nobody known" : "nothing was ever written there";
    expect([code, err]).toEqual([0, expect.stringContaining(`secret/data/${name}: ${stood}`)]);
    expect(await passwordAt(name)).toBe(`${canary}-${name}`);
  }
});
