import { expect, test } from "vitest";
import { assertSupported } from "./supported-driver.ts";

test("the installed version is supported, and so is each from 3.5.1 on", () => {
  expect(() => assertSupported()).not.toThrow();
  for (const version of ["3.5.1", "3.5.10", "3.6.0", "3.10.0"]) expect(() => assertSupported(version)).not.toThrow();
});

test.each<[unknown, string]>([
  ["3.5.0", "3.5.0"],
  ["3.4.7", "3.4.7"],
  ["2.5.6", "2.5.6"],
  ["4.0.0", "4.0.0"],
  ["4.6.1", "4.6.1"],
  [undefined, "unknown"],
])("%s is refused when a pool is made", (version, found) => {
  expect(() => assertSupported(version === undefined ? null : version)).toThrow(
    expect.objectContaining({
      code: "driver-unsupported",
      context: { driver: "mariadb", found, supported: "3.5.1 to 3.x" },
      hint: "npm install mariadb@3.5",
    }),
  );
});
