import { expect, test } from "vitest";
import { isMembers, membersOf } from "./members.ts";

test.each([
  [{}, true],
  [[], false],
  [null, false],
  ["text", false],
  [undefined, false],
])("%o has members: %s", (value, has) => expect(isMembers(value)).toBe(has));

test("what is no structure has no members", () => {
  expect(membersOf({ a: 1 })).toEqual({ a: 1 });
  expect(membersOf(["a"])).toEqual({});
});
