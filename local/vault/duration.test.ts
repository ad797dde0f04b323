import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  [90, 90],
  ["90", 90],
  ["", 0],
  ["90s", 90],
  ["1h30m", 5400],
  ["1.5h", 5400],
  ["2d", 172_800],
  ["500ms", 0.5],
])("%j is %d seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(["x", "1y", "-5s", "1h 30m", true, null, {}])("%j is no duration", (value) => {
  expect(parseDuration(value)).toBeUndefined();
});

test.each([
  [0, "0s"],
  [59, "59s"],
  [90, "1m30s"],
  [5400, "1h30m0s"],
])("%d seconds are printed as %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
