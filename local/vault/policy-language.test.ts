import { expect, test } from "vitest";
import { parsePolicy } from "./policy-language.ts";

test.each([
  ['path "a/b" { capabilities = ["read"] }', [{ path: "a/b", capabilities: ["read"] }]],
  [
    '# one\npath "a/*" {\n  capabilities = ["create", "update",] // two\n}\n/* three\n */ path "+/b" { policy = "read" }',
    [
      { path: "a/*", capabilities: ["create", "update"] },
      { path: "+/b", capabilities: ["read", "list"] },
    ],
  ],
  ['name = "n"\npath "a" { "capabilities" = ["deny"] }', [{ path: "a", capabilities: ["deny"] }]],
  ['path "quote\\"d" { capabilities = [] }', [{ path: 'quote"d', capabilities: [] }]],
  ['path "/a" { policy = "write" }', [{ path: "a", capabilities: ["create", "read", "update", "delete", "list"] }]],
  ['{"path":{"a":{"capabilities":["read","sudo"]}}}', [{ path: "a", capabilities: ["read", "sudo"] }]],
  [
    '{"path":[{"a":{"policy":"deny"}},{"b":{"capabilities":["list"]}}]}',
    [
      { path: "a", capabilities: ["deny"] },
      { path: "b", capabilities: ["list"] },
    ],
  ],
  ["", []],
])("%s is read", (text, rules) => {
  expect(parsePolicy(text)).toEqual(rules);
});

test.each([
  'path "a" { capabilities = ["rea"] }',
  'path "a" { capabilities = ["read"] ',
  'path "a" { capabilities = [read] }',
  'path "a" { allowed_parameters = ["x"] }',
  'path "a" { policy = "all" }',
  'path "a+*" { capabilities = ["read"] }',
  "path a { }",
  'role "a" { }',
  "garbage {",
  "$",
  "{",
  '{"path":"a"}',
  '{"path":{"a":"read"}}',
  '{"policy":{}}',
])("%s is refused, not ignored", (text) => {
  expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ status: 400 }));
});
