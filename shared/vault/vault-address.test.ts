import { expect, test } from "vitest";
import { vaultEndpoint } from "./vault-address.ts";

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
