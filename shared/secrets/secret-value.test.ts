import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretValue } from "./secret-value.ts";

const canary = "canary-5f2b";

test.each([
  ["String()", (value: SecretValue) => String(value)],
  ["JSON", (value: SecretValue) => JSON.stringify({ nested: [value] })],
  ["inspect", (value: SecretValue) => inspect({ nested: { value } }, { depth: 9, showHidden: true })],
  ["an error's property", (value: SecretValue) => inspect(Object.assign(new Error("x"), { value }))],
  ["its own keys", (value: SecretValue) => JSON.stringify(Reflect.ownKeys(value))],
])("%s does not show the text", (_way, print) => {
  expect(print(new SecretValue(canary))).not.toContain(canary);
});

test("only reveal gives the text", () => {
  expect(new SecretValue(canary).reveal()).toBe(canary);
});

test("equal texts are equal values", () => {
  expect(new SecretValue("a").equals(new SecretValue("a"))).toBe(true);
  expect(new SecretValue("a").equals(new SecretValue("b"))).toBe(false);
});
