import { expect, test } from "vitest";
import { rotationPolicy } from "../rotation/rotation-policy.ts";
import { generatePassword } from "../secrets/password.ts";
import { environmentOf } from "./environment.ts";
import { passwordTags } from "./password-tags.ts";

const policyOf = (variables: Readonly<Record<string, string>>) =>
  rotationPolicy(passwordTags(environmentOf(variables))).password;

test("without AWS's password variables there is no tag", () => {
  expect([...passwordTags(environmentOf({}))]).toEqual([]);
});

test.each([
  ["EXCLUDE_CHARACTERS", "abcABC123-", /[abcABC123-]/],
  ["EXCLUDE_UPPERCASE", "True", /[A-Z]/],
  ["EXCLUDE_LOWERCASE", "yes", /[a-z]/],
  ["EXCLUDE_NUMBERS", "1", /\d/],
  ["EXCLUDE_PUNCTUATION", "true", /[^A-Za-z0-9]/],
])("%s=%s keeps its characters out of passwords", (variable, value, excluded) => {
  const policy = policyOf({ [variable]: value, PASSWORD_LENGTH: "40" });
  const passwords = Array.from({ length: 40 }, () => generatePassword(policy).reveal()).join("");
  expect(passwords).toHaveLength(1_600);
  expect(passwords).not.toMatch(excluded);
});

test("a switch that is off excludes nothing", () => {
  expect(policyOf({ EXCLUDE_NUMBERS: "false", EXCLUDE_UPPERCASE: "0" })).toEqual({ charset: "url", length: 32 });
});

test("REQUIRE_EACH_INCLUDED_TYPE is taken over", () => {
  expect(policyOf({ REQUIRE_EACH_INCLUDED_TYPE: "false" })).toMatchObject({ eachKind: false });
});

test("a length that AWS's function would take and that is under 128 bits is refused", () => {
  expect(() => policyOf({ PASSWORD_LENGTH: "16" })).toThrow("option-invalid");
});
