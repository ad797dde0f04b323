import fc from "fast-check";
import { expect, test } from "vitest";
import { randomPassword } from "./random-password.ts";

const types: Readonly<Record<string, RegExp>> = {
  ExcludeUppercase: /[A-Z]/u,
  ExcludeLowercase: /[a-z]/u,
  ExcludeNumbers: /\d/u,
  ExcludePunctuation: /[!-/:-@[-`{-~]/u,
};

test("a password has its length, every type that is included, and nothing that is excluded", () => {
  const switches = fc.record({
    ExcludeUppercase: fc.boolean(),
    ExcludeLowercase: fc.boolean(),
    ExcludeNumbers: fc.boolean(),
    ExcludePunctuation: fc.boolean(),
  });
  fc.assert(
    fc.property(switches, fc.integer({ min: 5, max: 200 }), fc.boolean(), (off, PasswordLength, IncludeSpace) => {
      fc.pre(Object.values(off).includes(false));
      const password = randomPassword({ ...off, PasswordLength, IncludeSpace, ExcludeCharacters: "aZ0~" });
      expect(password).toHaveLength(PasswordLength);
      expect(password).not.toMatch(/[aZ0~]/u);
      expect(password.includes(" ")).toBe(IncludeSpace);
      for (const [member, excluded] of Object.entries(off)) expect(types[member]?.test(password)).toBe(!excluded);
    }),
  );
});

test("the types stand in no fixed order", () => {
  const beginnings = new Set(Array.from({ length: 200 }, () => /^[A-Z]/u.test(randomPassword({}))));
  expect(beginnings).toEqual(new Set([true, false]));
});
