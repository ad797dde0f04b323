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

test.each([
  ["that the secret has not", { username: "canary" }, "pass", "password"],
  ["that only every object has", { username: "canary", password: "canary" }, "text", "constructor"],
  ["that is no text, number or boolean", { username: "canary", list: ["canary"] }, "text", "list"],
  ["that is null", { none: null }, "text", "none"],
  ["that is no well-formed text", { half: "canary\ud800" }, "text", "half"],
])("a member %s is secret-malformed: its name is told, no value", (_what, members, field, member) => {
  const template = { [field]: `x{{${member}}}` };
  expect(() => filledFields("arn", template, members)).toThrow(
    expect.objectContaining({
      code: "secret-malformed",
      context: expect.objectContaining({ field, member }),
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

test.each([
  ["what is not JSON", "{spring"],
  ["a list", "[]"],
  ["a name with other characters", '{"a b":{"x":"y"}}'],
  ["a template that is not an object", '{"a":"{{password}}"}'],
  ["a template without a field", '{"a":{}}'],
  ["a field that is not a text", '{"a":{"x":1}}'],
  ["an unfinished placeholder", '{"a":{"x":"{{password}"}}'],
  ["a filter that is none", '{"a":{"x":"{{password|base64}}"}}'],
])("%s is option-invalid", (_what, text) => {
  expect(() => parseMirrorTemplates(text)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: "VAULT_TEMPLATES" }),
    }),
  );
});
