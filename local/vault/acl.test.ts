import { expect, test } from "vitest";
import { capabilitiesOn } from "./acl.ts";
import type { Capability, PolicyRule } from "./policy-language.ts";

const rules = (...given: readonly (readonly [string, ...Capability[]])[]): readonly PolicyRule[] =>
  given.map(([path, ...capabilities]) => ({ path, capabilities }));

test.each<[string, readonly PolicyRule[], string, readonly Capability[]]>([
  ["nothing without a rule", [], "a", []],
  ["a path is itself alone", rules(["a", "read"]), "a/b", []],
  ["a star is any rest", rules(["a/*", "read"]), "a/b/c", ["read"]],
  ["a star is also part of a segment", rules(["a/b*", "read"]), "a/bc", ["read"]],
  ["a plus is one segment", rules(["a/+/c", "read"]), "a/b/c", ["read"]],
  ["a plus is not two segments", rules(["a/+/c", "read"]), "a/b/b/c", []],
  ["a plus and a star together", rules(["+/b/*", "read"]), "a/b/c/d", ["read"]],
  ["an exact path wins over a star", rules(["a/*", "read"], ["a/b", "update"]), "a/b", ["update"]],
  ["a longer star wins", rules(["a/*", "read"], ["a/b/*", "update"]), "a/b/c", ["update"]],
  ["a later wildcard wins", rules(["+/b", "read"], ["a/+", "update"]), "a/b", ["update"]],
  [
    "a pattern without a star wins at the same place",
    rules(["a/+/*", "read"], ["a/+/c", "update"]),
    "a/b/c",
    ["update"],
  ],
  ["fewer pluses win", rules(["a/+/+/d", "read"], ["a/+/c/d", "update"]), "a/b/c/d", ["update"]],
  ["the same path in two policies is joined", rules(["a", "read"], ["a", "list"]), "a", ["read", "list"]],
  ["deny takes all away", rules(["a", "read"], ["a", "deny"]), "a", []],
  ["deny on a wider path does not count", rules(["*", "deny"], ["a", "read"]), "a", ["read"]],
])("%s", (_title, given, path, expected) => {
  expect([...capabilitiesOn(given, path, false)]).toEqual(expected);
});

test("to list a folder, a right on its name without the slash will do", () => {
  expect([...capabilitiesOn(rules(["a/b", "list"]), "a/b/", true)]).toEqual(["list"]);
  expect([...capabilitiesOn(rules(["a/b", "list"]), "a/b/", false)]).toEqual([]);
});
