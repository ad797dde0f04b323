import { inspect } from "node:util";
import { expect, test, vi } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type InTime, parseJson } from "./json-value.ts";
import type { StandardSchema } from "../standard-schema.ts";

const inTime: InTime = async (work) => work;
const parse = async (text: string, schema?: StandardSchema, bounded = inTime): Promise<unknown> =>
  parseJson("a", { versionId: "v1", value: new SecretValue(text) }, schema, bounded).catch((error: unknown) => error);
const schemaOf = (validate: (value: unknown) => unknown): StandardSchema => ({
  "~standard": { version: 1, vendor: "test", validate: validate as StandardSchema["~standard"]["validate"] },
});
const malformed = (problem: string, field = "(whole)") => ({
  code: "secret-malformed",
  context: { secret: "a", field, problem },
});

test.each([
  ["", "not JSON"],
  ["canary", "not JSON"],
  ['\uFEFF{"user":"u"}', "not JSON: it begins with a byte order mark"],
  ['{"user":"\uFEFF}', "not JSON"],
])("a text that is no JSON is malformed: %j", async (text, problem) => {
  expect(await parse(text)).toMatchObject(malformed(problem));
});

test("a parsed value is frozen with everything in it", async () => {
  const parsed = (await parse('{"list":[{"deep":1}],"text":"t","none":null}')) as { readonly list: readonly object[] };
  expect(parsed).toEqual({ list: [{ deep: 1 }], text: "t", none: null });
  expect([parsed, parsed.list, parsed.list[0]].map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
});

test.each([
  ["null", null],
  ["1", 1],
  ['"text"', "text"],
])("%s is JSON", async (text, value) => {
  expect(await parse(text)).toBe(value);
});

test("a value that is nested too deeply is malformed", async () => {
  expect(await parse("[".repeat(30_000) + "]".repeat(30_000))).toMatchObject(malformed("nested too deeply"));
});

test("what a schema makes is given, frozen as far as it is plain", async () => {
  const own = new Map([["in", { it: 1 }]]);
  const bare: unknown = Object.assign(Object.create(null), { more: { deep: 1 } });
  const value = { date: new Date(0), own, bare };
  const parsed = await parse(
    '{"port":1}',
    schemaOf(() => ({ value })),
  );
  expect(parsed).toBe(value);
  const parts = [value, value.bare, Reflect.get(Object(bare), "more"), value.date, value.own];
  expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, false, false]);
});

test("what a schema froze is left as it is", async () => {
  const inner = { port: 1 };
  await parse(
    "{}",
    schemaOf(() => ({ value: Object.freeze({ inner }) })),
  );
  expect(Object.isFrozen(inner)).toBe(false);
});

test("the schema is given what was parsed, and a synchronous answer is not waited for", async () => {
  const validate = vi.fn<(value: unknown) => unknown>(() => ({ value: undefined }));
  const never: InTime = async () => Promise.reject(new Error("waited for"));
  expect(await parse('{"port":1}', schemaOf(validate), never)).toBeUndefined();
  expect(validate).toHaveBeenCalledWith({ port: 1 });
});

test("a validator that takes its time is waited for, in bounds", async () => {
  expect(
    await parse(
      "{}",
      schemaOf(async () => ({ value: 7 })),
    ),
  ).toBe(7);
  const late: InTime = async () => Promise.reject(new Error("too late"));
  expect(
    await parse(
      "{}",
      schemaOf(async () => ({ value: 7 })),
      late,
    ),
  ).toMatchObject(malformed("the schema failed"));
});

test.each([
  ["port", ["port"]],
  ["db.ports.0", ["db", "ports", 0]],
  ["db.port", [{ key: "db" }, { key: "port" }]],
  ["Symbol(s)", [Symbol("s")]],
  ["(whole)", []],
  ["(whole)", undefined],
])("what a schema refuses is named by its path: %s", async (field, path) => {
  const error = await parse(
    '{"port":1}',
    schemaOf(() => ({ issues: [{ message: "canary", path }] })),
  );
  expect(error).toMatchObject(malformed("refused by the schema", field));
  expect(inspect(error)).not.toContain("canary");
});

test("a schema that refuses without an issue refuses the whole", async () => {
  expect(
    await parse(
      "{}",
      schemaOf(() => ({ issues: [] })),
    ),
  ).toMatchObject(malformed("refused by the schema"));
});

test.each([
  [
    "throws",
    () => {
      throw new Error("canary");
    },
  ],
  ["rejects", async () => Promise.reject(new Error("canary"))],
  ["gives nothing", () => undefined],
  ["gives neither issues nor a value", () => ({})],
  ["gives an issue with an impossible path", () => ({ issues: [{ path: [null] }] })],
])("a schema that %s makes the value malformed, whatever it says", async (_, validate) => {
  const error = await parse("{}", schemaOf(validate));
  expect(error).toMatchObject(malformed("the schema failed"));
  expect(inspect(error)).not.toContain("canary");
});
