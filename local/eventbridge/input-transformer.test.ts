import { expect, test } from "vitest";
import { atPath, transformInput } from "./input-transformer.ts";

const event = { id: "e1", time: "2026-01-01T00:00:00Z", detail: { name: 'say "hi"', list: [{ a: 1 }], n: 2 } };
const rule = { arn: "arn:rule", name: "my-rule" };

test.each([
  ["$", event],
  ["$.detail.list[0].a", 1],
  ["$['detail']['n']", 2],
  ["$.detail.none.deeper", undefined],
])("the path %s is found", (path, value) => {
  expect(atPath(event, path)).toEqual(value);
});

test("a path in another language is refused", () => {
  expect(() => atPath(event, "$..name")).toThrow("Invalid JSON path");
});

test("a placeholder is text inside of quotes and JSON outside; what is absent leaves nothing", () => {
  const paths = { name: "$.detail.name", n: "$.detail.n", list: "$.detail.list", none: "$.detail.none" };
  const template = '{"a": "<name>", "b": <name>, "c": <n>, "d": <list>, "e": "<none>", "f": "<list>"}';
  expect(JSON.parse(transformInput({ paths, template }, event, rule))).toEqual({
    a: 'say "hi"',
    b: 'say "hi"',
    c: 2,
    d: [{ a: 1 }],
    e: "",
    f: '[{"a":1}]',
  });
});

test("the rule and the whole event are at hand", () => {
  const template = '{"rule": "<aws.events.rule-name>", "event": <aws.events.event.json>}';
  expect(JSON.parse(transformInput({ paths: {}, template }, event, rule))).toEqual({ rule: "my-rule", event });
});
