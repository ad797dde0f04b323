import { expect, test } from "vitest";
import { rotationPolicy } from "../rotation/rotation-policy.ts";
import {
  changeAtTag,
  passwordCharsetTag,
  passwordEachKindTag,
  strategyTag,
  subscriberTag,
  tlsTag,
} from "./tag-names.ts";
import { tagTable, type TagName, unknownTags } from "./tag-table.ts";

/** What rekey says that it accepts, to one who gave another value. */
function acceptedBy(tag: TagName): string {
  try {
    rotationPolicy(new Map([[tag, "no such value"]]));
  } catch (error) {
    return String(Reflect.get(Object(error), "hint"));
  }
  return "anything";
}

test.each([strategyTag, changeAtTag, tlsTag, passwordCharsetTag, passwordEachKindTag] as const)(
  "the table has the values of %s that a rotation accepts, and no other",
  (tag) => {
    const { values } = tagTable[tag];
    expect(typeof values).toBe("object");
    expect(acceptedBy(tag)).toBe(`use one of ${[values].flat().join(", ")}`);
  },
);

test("a default is what a rotation takes for a secret without tags", () => {
  const { changeAt, password } = rotationPolicy(new Map());
  expect(tagTable[changeAtTag].default).toBe(changeAt);
  expect(tagTable[passwordCharsetTag].default).toBe(password.charset);
});

test("names in rekey's space that are no tag of a secret are unknown, in any case; those of others are theirs", () => {
  const given = ["rekey:grace", "rekey:grase", "Rekey:grace", subscriberTag, "team", "my:rekey:x"];
  expect(unknownTags(new Map(given.map((name) => [name, "x"])))).toEqual(["rekey:grase", "Rekey:grace", subscriberTag]);
});
