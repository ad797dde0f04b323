import { expect, test } from "vitest";
import { rotatorText, shortRotatorText } from "./rotator-text.ts";

test.each([
  [{}, undefined, undefined],
  [{ strategy: "alternating-users" }, "alternating-users", "alternating-users"],
  [
    { managedBy: "rds", rotatedByAws: "rds", strategy: "single-user" },
    "rotated by AWS (rds), delivered by rekey",
    "AWS (rds)",
  ],
  [{ managedBy: "events" }, "owned by events, not rotated", "owned: events"],
])("of %j it is said how it is rotated (%#)", (summary, text, short) => {
  expect([rotatorText(summary), shortRotatorText(summary)]).toEqual([text, short]);
});
