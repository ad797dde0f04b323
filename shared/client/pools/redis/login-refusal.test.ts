import { expect, test } from "vitest";
import { isRefusal, replyCode } from "./login-refusal.ts";

test.each([
  ["WRONGPASS invalid username-password pair or user is disabled.", true],
  ["NOAUTH HELLO must be called with the client already authenticated", true],
  ["NOPERM this user has no permissions to run the 'hello' command", true],
  ["ERR invalid password", true],
  ["ERR invalid username-password pair", true],
  ["ERR invalid DB index", false],
  ["LOADING Redis is loading the dataset in memory", false],
  ["the server said: WRONGPASS", false],
])("%s: refused is %s", (message, is) => {
  expect(isRefusal(new Error(message))).toBe(is);
  expect(isRefusal({ message })).toBe(false);
});

test.each([
  ["NOPERM this user has no permissions", "NOPERM"],
  ["LOADING", "LOADING"],
  ["ERR", "ERR"],
  ["E one letter", undefined],
  ["Socket closed unexpectedly", undefined],
  ["connect ECONNREFUSED", undefined],
  ["NOPERM: this", undefined],
])("the code of the reply %s is %s", (message, code) => {
  expect(replyCode(new Error(message))).toBe(code);
  expect(replyCode({ message })).toBeUndefined();
});
