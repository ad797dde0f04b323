import fc from "fast-check";
import { expect, test } from "vitest";
import { generatePassword, passwordCharsets } from "./password.ts";

const allowed = {
  alnum: /^[A-Za-z0-9]+$/,
  url: /^[A-Za-z0-9\-._~]+$/,
  dsn: /^[A-Za-z0-9\-._~*+]+$/,
  shell: /^[A-Za-z0-9\-._+:@%]+$/,
};

test("a password has the length and charset asked for, and each class of letter", () => {
  fc.assert(
    fc.property(fc.constantFrom(...passwordCharsets), fc.integer({ min: 24, max: 128 }), (charset, length) => {
      const text = generatePassword({ charset, length }).reveal();
      expect(text).toHaveLength(length);
      expect(text).toMatch(allowed[charset]);
      expect(text).toMatch(/[A-Z]/);
      expect(text).toMatch(/[a-z]/);
      expect(text).toMatch(/\d/);
    }),
  );
});

test("a URL password is the same before and after encoding", () => {
  const text = generatePassword({ charset: "url", length: 64 }).reveal();
  expect(encodeURIComponent(text)).toBe(text);
});

test.each([[21], [129], [Number.NaN], [32.5]])("a length of %d is refused", (length) => {
  expect(() => generatePassword({ charset: "alnum", length })).toThrow("option-invalid");
});

test("two passwords differ", () => {
  const policy = { charset: "url", length: 32 } as const;
  expect(generatePassword(policy).equals(generatePassword(policy))).toBe(false);
});
