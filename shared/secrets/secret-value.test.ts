import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { BinaryValue } from "./binary-value.ts";
import { SecretValue } from "./secret-value.ts";

const canary = "canary-5f2b";

describe.each([
  ["text", () => new SecretValue(canary)],
  ["bytes", () => new BinaryValue(new TextEncoder().encode(canary), "keystore")],
])("%s", (_kind, make) => {
  test.each([
    ["String()", (value: SecretValue) => String(value)],
    ["JSON", (value: SecretValue) => JSON.stringify({ nested: [value] })],
    ["inspect", (value: SecretValue) => inspect({ nested: { value } }, { depth: 9, showHidden: true })],
    ["an error's property", (value: SecretValue) => inspect(Object.assign(new Error("x"), { value }))],
    ["its own keys", (value: SecretValue) => JSON.stringify(Reflect.ownKeys(value))],
  ])("%s does not show the content", (_way, print) => {
    expect(print(make())).not.toContain(canary);
    expect(print(make())).not.toContain("99,97,110");
  });

  test("bytes() gives the content, and a copy that changes nothing", () => {
    const value = make();
    value.bytes().fill(0);
    expect(new TextDecoder().decode(value.bytes())).toBe(canary);
    expect(value.length).toBe(canary.length);
  });
});

test("only reveal gives the text", () => {
  expect(new SecretValue(canary).reveal()).toBe(canary);
});

test("bytes have no text, whatever they are, and the error names the secret", () => {
  const value = new BinaryValue(new TextEncoder().encode(canary), "keystore");
  expect([value.isBinary, new SecretValue(canary).isBinary]).toEqual([true, false]);
  expect(() => value.reveal()).toThrow(
    expect.objectContaining({ code: "secret-binary", context: { secret: "keystore" } }),
  );
});

test("equal contents are equal values, and bytes are no text", () => {
  const bytes = (...all: number[]): SecretValue => new BinaryValue(Uint8Array.from(all), "keystore");
  expect(new SecretValue("a").equals(new SecretValue("a"))).toBe(true);
  expect(new SecretValue("a").equals(new SecretValue("b"))).toBe(false);
  expect(bytes(97, 0).equals(bytes(97, 0))).toBe(true);
  expect(bytes(97, 0).equals(bytes(97, 1))).toBe(false);
  expect(bytes(97).equals(bytes(97, 0))).toBe(false);
  expect(bytes(97).equals(new SecretValue("a"))).toBe(false);
  expect(new SecretValue("").equals(bytes())).toBe(false);
});

test("a value of another copy of the class, which a bundler may make, is a value and is compared by its content", async () => {
  vi.resetModules();
  const other = await import("./secret-value.ts");
  const { BinaryValue: OtherBinary } = await import("./binary-value.ts");
  expect(other.SecretValue).not.toBe(SecretValue);
  expect(new SecretValue("a").equals(new other.SecretValue("a"))).toBe(true);
  expect(new SecretValue("a").equals(new other.SecretValue("b"))).toBe(false);
  const values = [new other.SecretValue("a"), new OtherBinary(Uint8Array.of(1), "keystore"), {}, "a", undefined];
  expect(values.map((value) => value instanceof SecretValue)).toEqual([true, true, false, false, false]);
  expect(values.map((value) => value instanceof BinaryValue)).toEqual([false, true, false, false, false]);
});
