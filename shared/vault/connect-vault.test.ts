import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { connectVault, type VaultOptions } from "./connect-vault.ts";

const options = {
  address: "https://vault.example.com",
  login: { method: "token", token: new SecretValue("t") },
} as const;

test.each<[string, Partial<VaultOptions>]>([
  ["namespace", { namespace: "ns\r\nX-Evil: 1" }],
  ["login.mount", { login: { method: "approle", roleId: "r", secretId: new SecretValue("s"), mount: "../x" } }],
])("a %s that Vault would read otherwise is option-invalid: %j", (option, change) => {
  expect(() => connectVault({ ...options, ...change })).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});

test("a namespace may end in a slash, as Vault writes it", () => {
  expect(connectVault({ ...options, namespace: "ns1/ns2/" })).toBeDefined();
});
