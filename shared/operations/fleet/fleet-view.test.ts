import { expect, test } from "vitest";
import { parseKeyValue } from "./fleet-view.ts";

test.each([
  ["team", { key: "team" }],
  ["team=shop", { key: "team", value: "shop" }],
  ["team=", { key: "team", value: "" }],
  ["=shop", { key: "", value: "shop" }],
  ["a=b=c", { key: "a", value: "b=c" }],
])("%s is a tag as people write it", (text, pair) => {
  expect(parseKeyValue(text)).toStrictEqual(pair);
});
