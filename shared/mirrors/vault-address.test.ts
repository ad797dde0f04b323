import { expect, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { vaultEndpoint } from "./vault-address.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "./vault-kv2.ts";

test.each([
  ["https://vault.example.com:8200", "https://vault.example.com:8200"],
  ["https://vault.example.com/", "https://vault.example.com"],
  ["https://gateway.example.com/vault/", "https://gateway.example.com/vault"],
  ["http://127.0.0.1:8200", "http://127.0.0.1:8200"],
  ["http://127.3.2.1:8200", "http://127.3.2.1:8200"],
  ["http://[::1]:8200", "http://[::1]:8200"],
  ["http://localhost:8200", "http://localhost:8200"],
])("%s is taken", (address, endpoint) => {
  expect(vaultEndpoint(address)).toBe(endpoint);
});

test.each([
  "http://vault.example.com:8200",
  "http://10.0.0.1:8200",
  "http://127.0.0.1.example.com",
  "http://localhost.example.com",
  "http://0.0.0.0:8200",
  "ftp://127.0.0.1",
  "https://user:canary@vault.example.com",
  "https://vault.example.com?x=canary",
  "https://vault.example.com#canary",
  "vault.example.com",
  "",
])("%s is option-invalid, and is not repeated in the error", (address) => {
  expect(() => vaultEndpoint(address)).toThrow(
    expect.objectContaining({ code: "option-invalid", message: expect.not.stringContaining("canary") }),
  );
});

const token = { method: "token", token: new SecretValue("t") } as const;

test.each<[string, Partial<VaultKv2Options>]>([
  ["mount", { mount: "se cret" }],
  ["mount", { mount: "/secret" }],
  ["pathPrefix", { pathPrefix: "a/" }],
  ["namespace", { namespace: "ns\r\nX-Evil: 1" }],
  ["login.mount", { login: { method: "approle", roleId: "r", secretId: new SecretValue("s"), mount: "../x" } }],
])("a %s that Vault would read otherwise is option-invalid: %j", (option, change) => {
  const options = { address: "https://vault.example.com", login: token, ...change };
  expect(() => vaultKv2Mirror(options)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});

test("a namespace may end in a slash, as Vault writes it", () => {
  expect(vaultKv2Mirror({ address: "https://vault.example.com", login: token, namespace: "ns1/ns2/" })).toBeDefined();
});
