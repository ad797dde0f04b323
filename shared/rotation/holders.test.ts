import { expect, test } from "vitest";
import { holdersOf } from "./holders.ts";

test("connections of one program at one address are one holder, since the oldest; those with the most come first", () => {
  const [early, late] = [new Date(1_000), new Date(2_000)];
  expect(
    holdersOf([
      { application: "billing", address: "10.0.0.1" },
      { application: "orders", address: "10.0.0.2", since: late },
      { application: "orders", address: "10.0.0.2", since: early },
      { application: "orders", address: "10.0.0.3", since: late },
      { application: "orders", address: "10.0.0.2" },
    ]),
  ).toStrictEqual([
    { application: "orders", address: "10.0.0.2", since: early.toISOString(), connections: 3 },
    { application: "billing", address: "10.0.0.1", connections: 1 },
    { application: "orders", address: "10.0.0.3", since: late.toISOString(), connections: 1 },
  ]);
  expect(holdersOf([{}, { application: "null" }])).toStrictEqual([
    { connections: 1 },
    { application: "null", connections: 1 },
  ]);
});

test("what a client calls itself is a name and nothing else, and short", () => {
  const [holder] = holdersOf([{ application: `<a href="x">\n\u001B[31m${"x".repeat(100)}`, address: "::1 @everyone" }]);
  expect(holder?.application).toBe(`?a href??x?????31m${"x".repeat(46)}`);
  expect(holder?.address).toBe("::1 ?everyone");
});

test("twenty holders are named", () => {
  expect(holdersOf(Array.from({ length: 30 }, (_, index) => ({ application: `a${index}` })))).toHaveLength(20);
});
