import { expect, test } from "vitest";
import type { MirrorEntry } from "../operations/ports.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { parseMirrorTemplates } from "./mirror-templates.ts";
import { holdsNewer, mirroredFields } from "./mirrored-fields.ts";

const entryOf = (text: string, versionId = "v1", createdAt = new Date(0)): MirrorEntry => ({
  secretArn: "arn",
  secretName: "name",
  versionId,
  createdAt,
  value: new SecretValue(text),
  tags: new Map(),
});

const version = {
  rekey_version_id: "v1",
  rekey_label: "AWSCURRENT",
  rekey_created_at: "1970-01-01T00:00:00.000Z",
};

test.each<[string, unknown]>([
  ['{"a":1,"b":[true,null,{"c":"d"}]}', { a: 1, b: [true, null, { c: "d" }] }],
  ["{}", {}],
  ["text", { value: "text" }],
  ["", { value: "" }],
  ["[1]", { value: "[1]" }],
  ["12345678901234567890", { value: "12345678901234567890" }],
  ['{"__proto__":{"a":1}}', Object.fromEntries([["__proto__", { a: 1 }]])],
])("%s becomes its fields and the version", (text, fields) => {
  expect(mirroredFields(entryOf(text))).toEqual({ ...Object(fields), ...version });
});

test.each([
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", "9007199254740993"],
  ["-12345678901234567890", "-12345678901234567890"],
  ["1.0", 1],
  ["1e3", 1000],
  ["0.1", 0.1],
  ["3.141592653589793238", "3.141592653589793238"],
  ["1e999", "1e999"],
  ["-0", 0],
])("the number %s is mirrored as %j", (source, mirrored) => {
  expect(mirroredFields(entryOf(`{"n":${source}}`))["n"]).toBe(mirrored);
});

test.each(Object.keys(version))("a secret with the field %s is mirror-rejected, and its value not told", (field) => {
  expect(() => mirroredFields(entryOf(JSON.stringify({ [field]: "canary" })))).toThrow(
    expect.objectContaining({ code: "mirror-rejected", message: expect.not.stringContaining("canary") }),
  );
});

test.each([
  {},
  { rekey_version_id: "v9" },
  { rekey_created_at: "2099-01-01T00:00:00.000Z" },
  { rekey_version_id: "v9", rekey_created_at: "soon" },
  { rekey_version_id: 9, rekey_created_at: 9e15 },
])("fields that rekey did not write are never newer: %j", (held) => {
  expect(holdsNewer(held, entryOf("{}"))).toBe(false);
});

const mapped = (map: string): MirrorEntry => ({
  ...entryOf('{"password":"canary"}'),
  tags: new Map([["rekey:vault-map", map]]),
});

test("rekey:vault-map says whether the members become fields, or the whole text one field", () => {
  expect(mirroredFields(mapped("fields"))).toEqual({ password: "canary", ...version });
  expect(mirroredFields(mapped("field:credential.json"))).toEqual({
    "credential.json": '{"password":"canary"}',
    ...version,
  });
});

test("rekey:vault-map names a template: the fields are what it makes of the secret's members", () => {
  const templates = parseMirrorTemplates('{"spring":{"pass":"{{password|raw}}"}}');
  expect(mirroredFields(mapped("template:spring"), templates)).toEqual({ pass: "canary", ...version });
  const notJson = { ...mapped("template:spring"), value: new SecretValue("canary") };
  expect(() => mirroredFields(notJson, templates)).toThrow(expect.objectContaining({ code: "secret-malformed" }));
});

test.each(["", "field:", "field:a b", "json", "field:a/b", "template:", "template:none"])(
  "rekey:vault-map=%s is option-invalid",
  (map) => {
    expect(() => mirroredFields(mapped(map))).toThrow(expect.objectContaining({ code: "option-invalid" }));
  },
);

test.each(Object.keys(version))(
  "rekey's own field %s is no place for the whole text, and for no template's",
  (field) => {
    const rejected = expect.objectContaining({ code: "mirror-rejected" });
    expect(() => mirroredFields(mapped(`field:${field}`))).toThrow(rejected);
    const templates = parseMirrorTemplates(JSON.stringify({ forged: { [field]: "{{password|raw}}" } }));
    expect(() => mirroredFields(mapped("template:forged"), templates)).toThrow(rejected);
  },
);
