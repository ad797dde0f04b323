import fc from "fast-check";
import { parse as parseConnectionString } from "pg-connection-string";
import { describe, expect, test } from "vitest";
import { withCredential } from "./database-secret.ts";
import { SecretValue } from "./secret-value.ts";

const base = { engine: "postgres", host: "db.example", username: "app", password: "canary-0123456789" };
const next = { username: "app_clone", password: new SecretValue("Next-Password_0123456789~") };

const rotated = (fields: object, credential = next): Record<string, unknown> =>
  JSON.parse(withCredential(new SecretValue(JSON.stringify(fields)), credential).reveal()) as Record<string, unknown>;

interface Parsed {
  readonly username: string | null | undefined;
  readonly password: string | null | undefined;
}

/** A JDBC URL's parameters as `java.net.URLDecoder` reads them, which pgjdbc and Connector/J use. */
function parseJdbc(url: string): Parsed {
  const pairs = url
    .slice(url.indexOf("?") + 1)
    .split("&")
    .map((pair) => pair.split("=", 2));
  const parameters = new Map(
    pairs.map(([key = "", value = ""]) => [key, decodeURIComponent(value.replaceAll("+", " "))]),
  );
  return { username: parameters.get("user"), password: parameters.get("password") };
}

const parsers: Readonly<Record<string, (field: string) => Parsed>> = {
  "WHATWG URL": (field) => {
    const { username, password } = new URL(field);
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  },
  "pg-connection-string": (field) => {
    const { user, password } = parseConnectionString(field);
    return { username: user, password };
  },
  "a JDBC driver": parseJdbc,
};

/** As JavaScript, Java and Python would have written the field in the first place. */
const writers = {
  "a URL": (user: string, password: string) =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db.example:5432/shop?sslmode=verify-full`,
  "a JDBC URL": (user: string, password: string) =>
    `jdbc:postgresql://db.example/shop?ssl=true&${new URLSearchParams({ user, password }).toString()}`,
};

const anyText = fc
  .string({ minLength: 8, maxLength: 60, unit: "grapheme" })
  .filter((text) => !text.includes("\0") && text.isWellFormed());
const anyCredential = fc.record({ username: anyText, password: anyText });

describe.each([
  ["url", "a URL", "WHATWG URL"],
  ["DATABASE_URL", "a URL", "pg-connection-string"],
  ["jdbcUrl", "a JDBC URL", "a JDBC driver"],
] as const)("%s, written as %s", (field, writer, parser) => {
  test(`says the new credential to ${parser}, whatever the old and the new one are`, () => {
    fc.assert(
      fc.property(anyCredential, anyCredential, (before, after) => {
        const fields = { ...base, ...before, [field]: writers[writer](before.username, before.password) };
        const secret = rotated(fields, { username: after.username, password: new SecretValue(after.password) });
        expect(parsers[parser]?.(String(secret[field]))).toEqual(after);
      }),
    );
  });
});

test("a template says the new credential to each parser", () => {
  const templates = {
    url: "postgres://{{username}}:{{password}}@{{host}}:{{port}}/{{dbname}}",
    jdbc: "jdbc:postgresql://{{host}}/{{dbname}}?user={{ username }}&password={{ password }}",
    properties: "{{username|raw}}\n{{ password | raw }}",
  };
  fc.assert(
    fc.property(anyCredential, anyCredential, (before, after) => {
      const fields = { ...base, ...before, port: 5432, dbname: "shop", templates };
      const secret = rotated(fields, { username: after.username, password: new SecretValue(after.password) });
      expect(parsers["WHATWG URL"]?.(String(secret["url"]))).toEqual(after);
      expect(parsers["pg-connection-string"]?.(String(secret["url"]))).toEqual(after);
      expect(parseJdbc(String(secret["jdbc"]))).toEqual(after);
      expect(secret["properties"]).toBe(`${after.username}\n${after.password}`);
      expect(secret["templates"]).toEqual(templates);
    }),
  );
});

test("every field but the credential is kept", () => {
  const fields = {
    ...base,
    port: "5432",
    masterarn: "arn:m",
    custom: { a: 1, b: [null, true] },
    docs: "https://example.org",
  };
  expect(rotated(fields)).toEqual({ ...fields, username: next.username, password: next.password.reveal() });
});

test("a JDBC URL whose driver names the parameters UID and PWD is rendered", () => {
  const url = `jdbc:redshift://db.example:5439/shop;UID=app;PWD=${base.password};ssl=true`;
  expect(rotated({ ...base, url })["url"]).toBe(
    `jdbc:redshift://db.example:5439/shop;UID=app_clone;PWD=${next.password.reveal()};ssl=true`,
  );
});

test.each([
  ["password", { username: "app", password: new SecretValue(`new-${base.password}`) }],
  ["user name", { username: `u-${base.password}`, password: next.password }],
])("a new %s that contains the old password is no trace of the old one", (_what, credential) => {
  const url = `postgres://app:${base.password}@db.example/shop`;
  const { username, password } = new URL(String(rotated({ ...base, url }, credential)["url"]));
  expect({ username, password }).toEqual({ username: credential.username, password: credential.password.reveal() });
});

test("a URL inside of an object or a list is rendered too", () => {
  const url = `postgres://app:${base.password}@db.example/shop`;
  const expected = `postgres://app_clone:${next.password.reveal()}@db.example/shop`;
  expect(rotated({ ...base, pools: { reads: [url] } })["pools"]).toEqual({ reads: [expected] });
});

test.each([
  ["in a text", "note", `the password is ${base.password}`],
  ["in an object", "note", { deep: [`pass=${base.password}`] }],
  ["for another user", "note", `postgres://other:${base.password}@db.example/shop`],
  ["as a template", "templates", { note: `pass=${base.password}` }],
])("the old password %s is refused, since it would go stale", (_where, field, value) => {
  expect(() => rotated({ ...base, [field]: value })).toThrow(`secret-malformed`);
  expect(() => rotated({ ...base, [field]: value })).toThrow(`field=${field}`);
});

test.each([
  ["an unknown placeholder", { note: "{{pasword}}" }, "templates.note"],
  ["a placeholder without a value in this secret", { note: "{{port}}" }, "templates.note"],
  ["an unfinished placeholder", { note: "{{password" }, "templates.note"],
  ["an unknown filter", { note: "{{password|base64}}" }, "templates.note"],
  ["a text for a field of the secret's own", { host: "{{password}}" }, "templates.host"],
  ["a template that is no text", { note: 7 }, "templates.note"],
  ["a list", [], "templates"],
])("%s in templates is secret-malformed, naming the field", (_what, templates, field) => {
  expect(() => rotated({ ...base, templates })).toThrow(`secret-malformed`);
  expect(() => rotated({ ...base, templates })).toThrow(`field=${field}`);
});
