import { expect, test } from "vitest";
import { defined } from "./defined.ts";

test("members that are undefined are left out, and no others", () => {
  const members = { none: undefined, nothing: null, zero: 0, empty: "", no: false };
  expect(defined(members)).toStrictEqual({ nothing: null, zero: 0, empty: "", no: false });
});
