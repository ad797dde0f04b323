import { expect, test } from "vitest";
import { vaultKv2Mirror, type VaultKv2Options } from "./vault-kv2.ts";

test.each<[string, VaultKv2Options]>([
  ["mount", { mount: "se cret" }],
  ["mount", { mount: "/secret" }],
  ["pathPrefix", { pathPrefix: "a/" }],
])("a %s that Vault would read otherwise is option-invalid: %j", (option, options) => {
  expect(() => vaultKv2Mirror(async () => ({ status: 200, body: {} }), options)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});
