import { expect, test } from "vitest";
import { mirrorPolicy } from "./mirror-policy.ts";

test("the policy allows what the mirror does on its mount, and nothing else", () => {
  expect(mirrorPolicy("/v1/secret/")).toBe(`path "secret/data/*" {
  capabilities = ["create", "read", "update"]
}
path "secret/delete/*" {
  capabilities = ["update"]
}
path "secret/metadata/*" {
  capabilities = ["patch"]
}
path "secret/undelete/*" {
  capabilities = ["update"]
}
`);
});

test("with a prefix it allows nothing but what lies below the prefix", () => {
  const paths = [...mirrorPolicy("kv", "aws/prod").matchAll(/^path "(.+)"/gm)].map(([, path]) => path);
  expect(paths).toEqual(["data", "delete", "metadata", "undelete"].map((area) => `kv/${area}/aws/prod/*`));
});

test.each([
  ["mount", "a b", undefined],
  ["pathPrefix", "secret", "a//b"],
])("a %s that is no path is option-invalid, by its name", (option, mount, pathPrefix) => {
  expect(() => mirrorPolicy(mount, pathPrefix)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});
