import { expect, test } from "vitest";
import { rotationPolicy } from "./rotation-policy.ts";

test("a secret without tags gets a URL-safe password of 32 characters", () => {
  expect(rotationPolicy(new Map()).password).toEqual({ charset: "url", length: 32 });
});

test("tags choose strategy, charset, length, TLS mode, admin secret, alternate user, moment and grace", () => {
  const tags = new Map([
    ["rekey:strategy", "alternating-users"],
    ["rekey:password-charset", "shell"],
    ["rekey:password-length", "40"],
    ["rekey:password-exclude", "@%"],
    ["rekey:password-each-kind", "false"],
    ["rekey:tls", "verify-ca"],
    ["rekey:admin-secret", "arn:admin"],
    ["rekey:alternate-user", "app_b"],
    ["rekey:change-at", "finishSecret"],
    ["rekey:grace", "36h"],
  ]);
  expect(rotationPolicy(tags)).toEqual({
    strategy: "alternating-users",
    password: { charset: "shell", length: 40, excluded: "@%", eachKind: false },
    tlsMode: "verify-ca",
    adminSecretArn: "arn:admin",
    alternateUser: "app_b",
    changeAt: "finishSecret",
    graceMs: 129_600_000,
  });
});

test.each([
  ["rekey:strategy", "both"],
  ["rekey:password-charset", "emoji"],
  ["rekey:password-length", "8"],
  ["rekey:password-length", "many"],
  ["rekey:password-exclude", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"],
  ["rekey:password-each-kind", "maybe"],
  ["rekey:tls", "prefer"],
  ["rekey:change-at", "testSecret"],
  ["rekey:grace", "soon"],
])("the tag %s with %s is option-invalid", (tag, value) => {
  expect(() => rotationPolicy(new Map([[tag, value]]))).toThrow("option-invalid");
});
