import { expect, test } from "vitest";
import { filledFields, parseMirrorTemplates } from "./mirror-templates.ts";

const spring = parseMirrorTemplates(
  JSON.stringify({
    spring: {
      user: "{{username|raw}}",
      pass: "{{password|raw}}",
      port: "{{port|raw}}",
      url: "postgres://{{username}}:{{password}}@{{host}}:{{port}}/{{dbname}}",
    },
  }),
).get("spring");
const filled = (members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  filledFields("arn", spring ?? {}, members);
const database = { host: "db.example.com", port: 5432, dbname: "shop" };

test("a secret's members become other fields, encoded inside of a URL and as they are where the template says raw", () => {
  expect(filled({ ...database, username: "app", password: "p/w @:{{username}}" })).toEqual({
    user: "app",
    pass: "p/w @:{{username}}",
    port: 5432,
    url: "postgres://app:p%2Fw%20%40%3A%7B%7Busername%7D%7D@db.example.com:5432/shop",
  });
});

const absent = "the template's member is not in the secret";
const noText = "the template's member is no text, number or boolean";

test.each([
  ["that the secret has not", { username: "canary" }, "pass", "password", absent],
  ["that only every object has", { username: "canary", password: "canary" }, "text", "constructor", absent],
  ["that is no text, number or boolean", { username: "canary", list: ["canary"] }, "text", "list", noText],
  ["that is null", { none: null }, "text", "none", noText],
  ["that is no well-formed text", { half: "canary\ud800" }, "text", "half", noText],
])("a member %s is secret-malformed: its name is in the error, no value", (_what, members, field, member, problem) => {
  const template = { [field]: `x{{${member}}}` };
  expect(() => filledFields("arn", template, members)).toThrow(
    expect.objectContaining({
      code: "secret-malformed",
      context: { secret: "arn", field, member, problem },
      message: expect.not.stringContaining("canary"),
      hint: expect.stringContaining("VAULT_TEMPLATES"),
    }),
  );
});

test("a list or an object is a field of its own", () => {
  const members = { hosts: ["a", "b"], tls: { mode: "verify-full" } };
  const template = { nodes: "{{ hosts | raw }}", tls: "{{tls|raw}}" };
  expect(filledFields("arn", template, members)).toEqual({ nodes: ["a", "b"], tls: { mode: "verify-full" } });
});

test("without the variable there is no template", () => {
  expect(parseMirrorTemplates(undefined).size).toBe(0);
});

test("numbers and booleans stand inside of a text as they are written", () => {
  const template = { text: "{{port}}/{{tls}}/{{none|raw}}" };
  expect(filledFields("arn", template, { port: 5432, tls: false, none: "" })).toEqual({ text: "5432/false/" });
});

test("a template's name has up to 64 letters, digits and signs", () => {
  const names = ["a", "aZ09_.-", "n".repeat(64)];
  const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, { field: "text" }])));
  expect([...parseMirrorTemplates(text)]).toEqual(names.map((name) => [name, { field: "text" }]));
});

const notObject = "a template is not an object of fields";
const otherName = "a name has other characters";

test.each([
  ["not JSON", undefined, "{spring"],
  ["not an object", undefined, "[]"],
  ["not an object", undefined, "null"],
  ["not an object", undefined, '"spring"'],
  [otherName, "a b", '{"a b":{"x":"y"}}'],
  [otherName, "", '{"":{"x":"y"}}'],
  [otherName, "a/b", '{"a/b":{"x":"y"}}'],
  [otherName, " a", '{" a":{"x":"y"}}'],
  [otherName, "n".repeat(65), `{"${"n".repeat(65)}":{"x":"y"}}`],
  [notObject, "a", '{"a":"{{password}}"}'],
  [notObject, "a", '{"a":null}'],
  [notObject, "a", '{"a":["x"]}'],
  ["a template has no field", "a", '{"a":{}}'],
  ["the field x is not a text", "a", '{"a":{"x":1}}'],
  ["the field x has an unfinished placeholder", "a", '{"a":{"x":"{{password}"}}'],
  ["the field x has an unfinished placeholder", "a", '{"a":{"x":"{{password|base64}}"}}'],
])("templates are option-invalid because %s: %s, %s", (problem, template, text) => {
  const place = template === undefined ? {} : { template };
  let error: unknown;
  try {
    parseMirrorTemplates(text);
  } catch (reason) {
    error = reason;
  }
  expect(error).toMatchObject({ code: "option-invalid", hint: expect.stringMatching(/^use \{/) as string });
  expect(error).toHaveProperty("context", { option: "VAULT_TEMPLATES", problem, ...place });
});
