import { expect, test } from "vitest";
import { lookAgainMs, rotationPolicy } from "./rotation-policy.ts";

test("a secret without tags gets a URL-safe password of 32 characters, changed in setSecret; the rest is left open", () => {
  expect(rotationPolicy(new Map())).toStrictEqual({
    strategy: undefined,
    password: { charset: "url", length: 32 },
    tlsMode: undefined,
    adminSecretArn: undefined,
    alternateUser: undefined,
    changeAt: "setSecret",
    acceptsExperimental: false,
    graceMs: undefined,
    graceExtensionMs: undefined,
  });
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
    acceptsExperimental: false,
    graceMs: 129_600_000,
    graceExtensionMs: 129_600_000,
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

test.each(["single-user", "alternating-users", "dual-password", "issued"])("the strategy %s can be chosen", (name) => {
  expect(rotationPolicy(new Map([["rekey:strategy", name]])).strategy).toBe(name);
});

test("the moment of the change may be spelled out, also where it is the usual one", () => {
  expect(rotationPolicy(new Map([["rekey:change-at", "setSecret"]])).changeAt).toBe("setSecret");
});

test("a value that is not on the list is answered with the tag and the whole list", () => {
  expect(() => rotationPolicy(new Map([["rekey:tls", "prefer"]]))).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: { option: "rekey:tls" },
      hint: "use one of verify-full, verify-ca, require, disable",
    }),
  );
});

test.each([
  ["0m", 0],
  ["30m", 1_800_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
  ["9999d", 863_913_600_000],
])("a grace period of %s is %d milliseconds", (text, graceMs) => {
  expect(rotationPolicy(new Map([["rekey:grace", text]])).graceMs).toBe(graceMs);
});

test.each([
  ["0m", 0],
  ["2h", 7_200_000],
])("an extension of %s of the grace period is %d milliseconds", (text, graceExtensionMs) => {
  const tags = new Map([
    ["rekey:grace", "1h"],
    ["rekey:grace-extension", text],
  ]);
  expect(rotationPolicy(tags)).toMatchObject({ graceMs: 3_600_000, graceExtensionMs });
});

test.each([
  [undefined, 60_000],
  [0, 60_000],
  [720_000, 60_000],
  [7_200_000, 600_000],
])("with an extension of %s ms the next look is after %i ms", (extensionMs, waitMs) => {
  expect(lookAgainMs(extensionMs)).toBe(waitMs);
});

test.each(["soon", "", "30", "m", "30s", "1.5h", "-1h", "in 30m", "30m ", "30mh", "10000d"])(
  "a grace period of '%s' is option-invalid, with examples",
  (text) => {
    expect(() => rotationPolicy(new Map([["rekey:grace", text]]))).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: "rekey:grace" },
        hint: expect.stringMatching(/30m, 24h or 7d/u),
      }),
    );
  },
);

test.each([
  ["true", true],
  ["false", false],
])("a character of each kind may be asked for or not: %s", (text, eachKind) => {
  expect(rotationPolicy(new Map([["rekey:password-each-kind", text]])).password).toMatchObject({ eachKind });
});
