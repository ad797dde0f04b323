import { expect, test } from "vitest";
import { amount, bytes, duration, percent, usd } from "./quantity.ts";

test("a number is written with the digits that mean something", () => {
  expect([0, 0.000123, 0.77, 4.08, 25, 334.2, 38_461.5].map(amount)).toEqual([
    "0",
    "0.00012",
    "0.77",
    "4.1",
    "25",
    "334",
    "38,462",
  ]);
});

test("bytes, shares and money have their units", () => {
  expect([500, 999_999, 1e6, 100e6, 1e12].map(bytes)).toEqual(["500 B", "1,000 KB", "1 MB", "100 MB", "1 TB"]);
  expect([0.00042, 0.0204, 5.5649].map(percent)).toEqual(["0.042 %", "2 %", "556 %"]);
  expect([0, 0.000_24, 0.25, 257.3, 1_758_579.5].map(usd)).toEqual(["$0", "$0.00024", "$0.25", "$257", "$1,758,580"]);
});

test("a duration has two units at most and never sixty of the smaller one", () => {
  expect([0.0002, 0.0633, 20, 59.96, 119.7, 400, 4_000, 86_400, 90_000].map(duration)).toEqual([
    "less than 1 ms",
    "63 ms",
    "20 s",
    "60 s",
    "2 min",
    "6 min 40 s",
    "1 h 7 min",
    "1 d",
    "1 d 1 h",
  ]);
});
