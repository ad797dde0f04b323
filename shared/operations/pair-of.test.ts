import { expect, test } from "vitest";
import { pairOf } from "./pair-of.ts";

test.each([
  ["team", { key: "team" }],
  ["team=shop", { key: "team", value: "shop" }],
  ["team=", { key: "team", value: "" }],
  ["=shop", { key: "", value: "shop" }],
  ["a=b=c", { key: "a", value: "b=c" }],
])("%s is a tag as people write it", (text, pair) => {
  expect(pairOf(text)).toStrictEqual(pair);
});
