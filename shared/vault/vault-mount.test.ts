import { expect, test } from "vitest";
import { authMount, databaseMount, kvMount, vaultNamespace } from "./vault-mount.ts";

test.each([
  [
    kvMount,
    "secret",
    ["secret", "/secret/", "secret/data", "secret/metadata/", "v1/secret", "/v1/secret/data", " secret\n"],
  ],
  [kvMount, "team/kv", ["team/kv", "/team/kv/data/"]],
  [databaseMount, "database", ["database", "/database/", "database/creds", "v1/database/static-creds"]],
  [authMount, "approle", ["approle", "/approle/", "auth/approle", "auth/approle/login", "/v1/auth/approle/"]],
] as const)("%o gives %s for each of its spellings", (mountOf, mount, spellings) => {
  for (const spelling of spellings) expect(mountOf("mount", spelling)).toBe(mount);
});

test.each(["", "/", "a//b", "../secret", "secret/../other", "se cret", "secret?x", "secret#x", "sécret"])(
  "the mount %j is refused by the option's name",
  (mount) => {
    expect(() => kvMount("VAULT_MOUNT", mount)).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: expect.objectContaining({ option: "VAULT_MOUNT" }),
      }),
    );
  },
);

test("a namespace is taken with and without slashes, and the root's is none", () => {
  const spellings = ["team", "team/", "/team/child/", " team\n", "", "/", "root", undefined];
  const expected = ["team", "team", "team/child", "team", undefined, undefined, undefined, undefined];
  expect(spellings.map((namespace) => vaultNamespace("namespace", namespace))).toEqual(expected);
  expect(() => vaultNamespace("namespace", "a b")).toThrow(expect.objectContaining({ code: "option-invalid" }));
});
