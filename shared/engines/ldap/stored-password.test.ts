import { describe, expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { isOf, isRecomputed, isReplacement, schemeOf, storedFor } from "./stored-password.ts";

const secret = new SecretValue("secret");

/** Made by `slappasswd -h <scheme> -s secret` of OpenLDAP 2.5.13, with `-o module-load=pw-sha2` for the longer ones. */
const fromSlappasswd = {
  MD5: "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
  SMD5: "{SMD5}RFAoYQwbS+tKIKlCOqz6Gni00wg=",
  SHA: "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
  SSHA: "{SSHA}IyVgJ7SBaYobObAZpUlMPlF/OyF3DrVY",
  SHA256: "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
  SSHA256: "{SSHA256}rPprWyL8l+g/p3MmyphZtHay/wUaWNIfFqsEAy1qxybhmbvLifLmhA==",
  SHA384: "{SHA384}WKd1ukESvjAFrkQHznV9iP2nHUBJe7gCbsrFTU4//HIyzo3jq1rLMK45dg/ufFPt",
  SSHA384: "{SSHA384}3jHANhorwrMJf+3DOohPpq4ZFWTi/1vbWUUGsyZ6bE9QsKaYODrY7LSY7gXEkteoxypda9TyAkw=",
  SHA512: "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==",
  SSHA512: "{SSHA512}4LlBZG+RhIqEmIhmI8xrkTM3jERgs2PoXF5MGhaCZ55u/MubU6XyT9YJO3KVbTYhXf+z5ZbWs9kkDCiuCV0GaoPeD2B+m+p1",
} as const;

describe("what slappasswd made", () => {
  test.each(Object.entries(fromSlappasswd))("%s is of its password and of no other", (scheme, text) => {
    const stored = Buffer.from(text);
    expect({
      scheme: schemeOf(stored),
      isRecomputed: isRecomputed(stored),
      own: isOf(stored, secret),
      other: isOf(stored, new SecretValue("secret ")),
    }).toEqual({ scheme, isRecomputed: true, own: true, other: false });
  });

  test.each(["{CRYPT}$6$salt$hash", "{ARGON2}$argon2i$v=19$m=4096", "{PBKDF2-SHA256}10000$a$b", "{SASL}app@EXAMPLE"])(
    "%s is of no password that can be told, whatever is asked",
    (text) => {
      const stored = Buffer.from(text);
      expect([isRecomputed(stored), isOf(stored, new SecretValue(text))]).toEqual([false, false]);
    },
  );
});

test("a value without a scheme is the password's own text, and one with an unknown scheme is nobody's", () => {
  expect([isOf(Buffer.from("secret"), secret), isOf(Buffer.from("{cleartext}secret"), secret)]).toEqual([true, true]);
  expect([schemeOf(Buffer.from("{FOO}secret")), isOf(Buffer.from("{FOO}secret"), secret)]).toEqual(["unknown", false]);
});

test.each(["{SSHA}", "{SHA}", "{SSHA}////", "{SHA512}c2VjcmV0", "{SSHA256}!", "{}secret", "{SSHA"])(
  "%s is not a hash that any password has",
  (text) => {
    for (const password of ["", "secret"]) expect(isOf(Buffer.from(text), new SecretValue(password))).toBe(false);
  },
);

test("a new value is in the scheme that the server was seen to take, and never in clear or without a salt", () => {
  const schemeAfter = (text: string): string => schemeOf(storedFor(secret, undefined, Buffer.from(text)));
  expect(schemeAfter(fromSlappasswd.SSHA512)).toBe("SSHA512");
  expect(["secret", fromSlappasswd.SHA, fromSlappasswd.MD5, "{CRYPT}$6$a$b"].map(schemeAfter)).toEqual(
    Array.from({ length: 4 }, () => "SSHA"),
  );
  expect(schemeOf(storedFor(secret, Buffer.from(fromSlappasswd.SSHA512), undefined))).toBe("SSHA");
});

test("a new value names the one that it replaces, and no other", () => {
  const first = storedFor(secret, undefined, undefined);
  const second = storedFor(new SecretValue("next"), first, undefined);
  expect([isOf(second, new SecretValue("next")), isReplacement(second, first)]).toEqual([true, true]);
  expect([isReplacement(first, second), isReplacement(second, second), isReplacement(first, first)]).toEqual([
    false,
    false,
    false,
  ]);
  expect(isReplacement(Buffer.from(fromSlappasswd.SSHA), first)).toBe(false);
});
