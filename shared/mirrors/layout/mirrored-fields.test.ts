import { expect, test } from "vitest";
import { entryOf as entryNamed } from "../../../tests/support/mirror-entries.ts";
import type { MirrorEntry } from "../../ports/mirror.ts";
import { BinaryValue } from "../../secrets/binary-value.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { parseMirrorTemplates } from "./mirror-templates.ts";
import { createdAtIn, holdsNewer, mirroredFields, versionIn } from "./mirrored-fields.ts";

const entryOf = (text: string, versionId = "v1", createdAt = new Date(0)): MirrorEntry =>
  entryNamed("name", { secretArn: "arn", text, versionId, createdAt });

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
  ["null", { value: "null" }],
  ["{broken", { value: "{broken" }],
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
  ["-0.10", -0.1],
  ["1.00000000000000", 1],
  ["1.000000000000000", "1.000000000000000"],
  ["0.00000000000000000010", 1e-19],
  ["1e000000000000000005", 100_000],
  ["1E0000000000000000005", 100_000],
  ['"1234567890123456"', "1234567890123456"],
])("the member %s is mirrored as %j", (source, mirrored) => {
  expect(mirroredFields(entryOf(`{"n":${source}}`))["n"]).toBe(mirrored);
});

test.each(Object.keys(version))("a secret with the field %s is mirror-rejected, and its value not told", (field) => {
  expect(() => mirroredFields(entryOf(JSON.stringify({ [field]: "canary" })))).toThrow(
    expect.objectContaining({
      code: "mirror-rejected",
      context: { secret: "arn", field },
      hint: expect.stringContaining("rename this field"),
      message: expect.not.stringContaining("canary"),
    }),
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

test("a field's name may have 64 characters and no more", () => {
  const name = "n".repeat(64);
  expect(mirroredFields(mapped(`field:${name}`))).toHaveProperty(name, '{"password":"canary"}');
  expect(() => mirroredFields(mapped(`field:${name}n`))).toThrow(expect.objectContaining({ code: "option-invalid" }));
});

test.each(["", "field:", "field:a b", "json", "field:a/b", "my-field:a", "template:", "template:none"])(
  "rekey:vault-map=%s is option-invalid",
  (map) => {
    expect(() => mirroredFields(mapped(map), parseMirrorTemplates('{"a":{"b":"c"}}'))).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { secret: "arn", option: "rekey:vault-map" },
        hint: expect.stringMatching(/^use fields, field:<name>/),
      }),
    );
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

test("bytes are secret-binary, with a hint at how to keep them out", () => {
  const value = new BinaryValue(Uint8Array.of(0, 255), "arn");
  expect(() => mirroredFields({ ...entryOf(""), value })).toThrow(
    expect.objectContaining({
      code: "secret-binary",
      context: { secret: "arn" },
      hint: expect.stringContaining("rekey:mirror=false"),
    }),
  );
});

test.each([
  ["a version made later", true, "v0", 1],
  ["a version made before", false, "v9", -1],
  ["a greater VersionId of the same millisecond", true, "v2", 0],
  ["a smaller VersionId of the same millisecond", false, "v0", 0],
  ["the same version", false, "v1", 0],
])("%s is newer: %s", (_what, isNewer, versionId, laterMs) => {
  const held = mirroredFields(entryOf("{}", versionId, new Date(1_000 + laterMs)));
  expect(holdsNewer(held, entryOf("{}", "v1", new Date(1_000)))).toBe(isNewer);
});

test("the version that fields hold is a text, or none", () => {
  expect([versionIn(version), versionIn({ rekey_version_id: 1 }), versionIn({}), versionIn()]).toEqual([
    "v1",
    undefined,
    undefined,
    undefined,
  ]);
  expect([createdAtIn(version), createdAtIn({ rekey_created_at: 1 })]).toEqual([version.rekey_created_at, undefined]);
});
