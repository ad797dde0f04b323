import { expect, test } from "vitest";
import { isAtLeast } from "./inspecting.ts";

test.each([
  ["10.6.0", "10.6", true],
  ["10.11.6", "10.6", true],
  ["10.5.29", "10.6", false],
  ["9.9", "10.6", false],
  ["8.0.21", "8.0.21", true],
  ["8.0.20", "8.0.21", false],
  ["8.4.0", "8.0.21", true],
  ["13.4 (Debian 13.4-1)", "13", true],
  ["12.22", "13", false],
  ["unknown", "4.4", false],
  ["", "13", false],
])("%j is at least %s: %j", (version, oldest, expected) => {
  expect(isAtLeast(version, oldest)).toBe(expected);
});
