import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRekeyError } from "../errors/rekey-error.ts";
import { checkPasswordPolicy, generatePassword, passwordCharsets, type PasswordPolicy } from "./password.ts";

const allowed = {
  alnum: /^[A-Za-z0-9]+$/,
  url: /^[A-Za-z0-9\-._~]+$/,
  dsn: /^[A-Za-z0-9\-._~*+]+$/,
  jdbc: /^[A-Za-z0-9\-._*]+$/,
  shell: /^[A-Za-z0-9\-._+:@%]+$/,
};

test("a password has the length and charset asked for, and each kind of character", () => {
  fc.assert(
    fc.property(fc.constantFrom(...passwordCharsets), fc.integer({ min: 24, max: 128 }), (charset, length) => {
      const text = generatePassword({ charset, length }).reveal();
      expect(text).toHaveLength(length);
      expect(text).toMatch(allowed[charset]);
      expect(text).toMatch(/^[A-Za-z0-9]/);
      for (const kind of [/[A-Z]/, /[a-z]/, /\d/]) expect(text).toMatch(kind);
      expect(/[^A-Za-z0-9]/.test(text)).toBe(charset !== "alnum");
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

describe("custom exclusions", () => {
  const isTaken = (policy: PasswordPolicy): boolean => {
    try {
      checkPasswordPolicy(policy);
      return true;
    } catch (error) {
      if (isRekeyError(error, "option-invalid")) return false;
      throw error;
    }
  };

  test("no excluded character ever stands in a password, or the policy is refused", () => {
    const excluded = fc.string({ maxLength: 80, unit: "binary-ascii" });
    fc.assert(
      fc.property(fc.constantFrom(...passwordCharsets), excluded, fc.boolean(), (charset, excluded, eachKind) => {
        const policy = { charset, length: 64, excluded, eachKind };
        fc.pre(isTaken(policy));
        const text = generatePassword(policy).reveal();
        expect(Array.from(text).filter((character) => excluded.includes(character))).toEqual([]);
      }),
    );
  });

  test.each([
    [
      "64 of 4 characters, one of each kind, are under 128 bits",
      64,
      "BCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz123456789._~",
      true,
      false,
    ],
    ["64 of 16 characters are enough", 64, "GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz456789-._~", true, true],
    [
      "32 of 16 hexadecimal digits are exactly enough when not each kind must occur",
      32,
      "GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~",
      false,
      true,
    ],
    ["and too few when each must", 32, "GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~", true, false],
    ["nothing left but symbols", 128, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", true, false],
  ])("%s", (_what, length, excluded, eachKind, taken) => {
    expect(isTaken({ charset: "url", length, excluded, eachKind })).toBe(taken);
  });

  test("a refusal says the shortest length that is enough, and that one is taken", () => {
    const policy = { charset: "url", excluded: "GHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz" } as const;
    let hint = "";
    try {
      checkPasswordPolicy({ ...policy, length: 20 });
    } catch (error) {
      hint = isRekeyError(error) ? error.hint : "";
    }
    const shortest = Number(/from (\d+) to 128/.exec(hint)?.[1]);
    expect([isTaken({ ...policy, length: shortest }), isTaken({ ...policy, length: shortest - 1 })]).toEqual([
      true,
      false,
    ]);
  });
});
