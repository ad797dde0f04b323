import { expect, test } from "vitest";
import { compilePattern } from "./pattern.ts";

const event = {
  source: "rekey",
  "detail-type": "Secret Rotated",
  resources: ["arn:a", "arn:b"],
  detail: {
    name: "db/Orders",
    ip: "10.0.0.200",
    count: 5,
    zero: 0,
    flag: true,
    nothing: null,
    file: "a/b/c.png",
    empty: [],
    users: [
      { id: 1, role: "admin" },
      { id: 2, role: "user" },
    ],
  },
};
const detail = (pattern: unknown): unknown => ({ detail: pattern });

test.each([
  ["text", { source: ["other", "rekey"] }],
  ["any element of an array", { resources: ["arn:b"] }],
  ["a number", detail({ count: [5] })],
  ["true and null", detail({ flag: [true], nothing: [null] })],
  ["prefix", detail({ name: [{ prefix: "db/" }] })],
  ["prefix, any case", detail({ name: [{ prefix: { "equals-ignore-case": "DB/o" } }] })],
  ["suffix", detail({ file: [{ suffix: ".png" }] })],
  ["suffix, any case", detail({ file: [{ suffix: { "equals-ignore-case": ".PNG" } }] })],
  ["any case", detail({ name: [{ "equals-ignore-case": "DB/orders" }] })],
  ["wildcards", detail({ file: [{ wildcard: "a/*/*.png" }] })],
  ["an absent number among others", detail({ count: [1, { numeric: [">", 0, "<=", 5] }] })],
  ["equal numbers", detail({ zero: [{ numeric: ["=", 0] }] })],
  ["anything but one", { source: [{ "anything-but": "other" }] }],
  ["anything but several", detail({ count: [{ "anything-but": [1, 2] }] })],
  ["anything but a prefix", { source: [{ "anything-but": { prefix: "aws." } }] }],
  ["anything but one of several suffixes", detail({ file: [{ "anything-but": { suffix: [".jpg", ".gif"] } }] })],
  ["anything but a wildcard", detail({ file: [{ "anything-but": { wildcard: "*.jpg" } }] })],
  ["a key that is there", detail({ name: [{ exists: true }] })],
  ["a key that is not there", detail({ other: [{ exists: false }] })],
  ["an object is no leaf", { detail: { users: [{ exists: false }] } }],
  ["an empty array is absent", detail({ empty: [{ exists: false }] })],
  ["a network", detail({ ip: [{ cidr: "10.0.0.0/24" }] })],
  ["one object of an array", detail({ users: { id: [2], role: ["user"] } })],
  ["one of two patterns", { $or: [{ source: ["x"] }, detail({ count: [5] })] }],
  ["the last of two equal keys", '{"source": ["x"], "source": ["rekey"]}'],
])("matches %s", (_name, pattern) => {
  expect(compilePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern))(event)).toBe(true);
});

test.each([
  ["other text", { source: ["rekey2"] }],
  ["one key of two", { source: ["rekey"], "detail-type": ["Secret Rotation Failed"] }],
  ["text for a number", detail({ count: ["5"] })],
  ["a number out of range", detail({ count: [{ numeric: ["<", 5] }] })],
  ["the excluded one", { source: [{ "anything-but": ["rekey"] }] }],
  ["an absent key with anything-but", detail({ other: [{ "anything-but": "x" }] })],
  ["a key that is there", detail({ name: [{ exists: false }] })],
  ["another network", detail({ ip: [{ cidr: "10.0.1.0/24" }] })],
  ["keys of two objects of an array", detail({ users: { id: [1], role: ["user"] } })],
  ["neither of two patterns", { $or: [{ source: ["x"] }, { source: ["y"] }] }],
  ["a dot that is no wildcard", detail({ file: [{ wildcard: "a.b.c*" }] })],
])("does not match %s", (_name, pattern) => {
  expect(compilePattern(JSON.stringify(pattern))(event)).toBe(false);
});

test.each([
  ["no JSON", "{"],
  ["no object", "[]"],
  ["no pattern at all", "{}"],
  ["a bare value", '{"source":"rekey"}'],
  ["an empty list", '{"source":[]}'],
  ["a list in a list", '{"source":[["rekey"]]}'],
  ["an unknown operator", '{"source":[{"like":"x"}]}'],
  ["two operators at once", '{"source":[{"prefix":"a","suffix":"b"}]}'],
  ["a numeric operand that is no number", '{"a":[{"numeric":[">","1"]}]}'],
  ["a number too large", '{"a":[{"numeric":[">",6000000000]}]}'],
  ["an unknown comparison", '{"a":[{"numeric":["!",1]}]}'],
  ["exists with text", '{"a":[{"exists":"yes"}]}'],
  ["a network that is none", '{"a":[{"cidr":"10.0.0.0/40"}]}'],
  ["two wildcards in a row", '{"a":[{"wildcard":"a**b"}]}'],
  ["anything-but with an unknown operator", '{"a":[{"anything-but":{"numeric":["=",1]}}]}'],
  ["more than 4096 characters", JSON.stringify({ a: ["x".repeat(4096)] })],
])("refuses %s", (_name, pattern) => {
  expect(() => compilePattern(pattern)).toThrow(/^Event pattern is not valid\. Reason: /u);
});

test("refuses more than 1000 combinations of $or", () => {
  const ten = { $or: Array.from({ length: 10 }, (_, index) => ({ a: [index] })) };
  const nested = { x: ten, y: ten, z: ten };
  expect(() => compilePattern(JSON.stringify(nested))).not.toThrow();
  expect(() => compilePattern(JSON.stringify({ ...nested, w: ten }))).toThrow("Too many combinations");
});
