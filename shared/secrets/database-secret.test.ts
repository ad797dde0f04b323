import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAdminSecret, parseDatabaseSecret, withCredential } from "./database-secret.ts";
import { SecretValue } from "./secret-value.ts";

const secret = (fields: object): SecretValue => new SecretValue(JSON.stringify(fields));
const base = { engine: "postgres", host: "db.example", username: "app", password: "canary-0123456789" };
const next = { username: "app_clone", password: new SecretValue("Next-Password_0123456789~") };

describe("parseDatabaseSecret", () => {
  test("reads AWS's shape, with the port as a number or as digits", () => {
    expect(parseDatabaseSecret(secret({ ...base, port: 5433, dbname: "shop" }))).toMatchObject({
      port: 5433,
      dbname: "shop",
    });
    expect(parseDatabaseSecret(secret({ ...base, port: "5433" }))).toMatchObject({ port: 5433 });
  });

  test.each([
    [true, "verify-full"],
    ["true", "verify-full"],
    [false, "disable"],
    ["require", "require"],
    [undefined, undefined],
  ])("ssl %j is %j", (ssl, mode) => {
    expect(parseDatabaseSecret(secret({ ...base, ssl })).tlsMode).toBe(mode);
  });

  test.each([
    ["text that is not JSON", new SecretValue("canary-0123456789")],
    ["a list", secret(["canary-0123456789"])],
    ["no password", secret({ ...base, password: undefined, other: "canary-0123456789" })],
    ["an empty host", secret({ ...base, host: "" })],
    ["a port out of range", secret({ ...base, port: 70_000 })],
    ["a port with a fraction", secret({ ...base, port: 1.5 })],
    ["a number for a user", secret({ ...base, username: 7 })],
    ["a NUL in the user", secret({ ...base, username: "a\0b" })],
    ["an unknown TLS mode", secret({ ...base, ssl: "prefer" })],
    ["a pair of one name", secret({ ...base, alternateusers: ["app", "app"] })],
  ])("%s is secret-malformed, and the error holds no value", (_what, value) => {
    let error: unknown;
    try {
      parseDatabaseSecret(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "secret-malformed" });
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain("canary");
  });
});

test("an admin secret made by RDS holds only user and password", () => {
  expect(parseAdminSecret(secret({ username: "root", password: "p" }))).toMatchObject({
    username: "root",
    host: undefined,
  });
});

describe("withCredential", () => {
  const rotated = (fields: object): Record<string, unknown> =>
    JSON.parse(withCredential(secret(fields), next).reveal()) as Record<string, unknown>;

  test("keeps every field but the credential", () => {
    expect(rotated({ ...base, port: "5432", masterarn: "arn:m", custom: { a: 1 } })).toEqual({
      ...base,
      port: "5432",
      masterarn: "arn:m",
      custom: { a: 1 },
      username: next.username,
      password: next.password.reveal(),
    });
  });

  test("renders URLs made from the old credential anew", () => {
    const fields = rotated({
      ...base,
      url: `postgres://app:${base.password}@db.example:5432/shop?sslmode=verify-full`,
      jdbcUrl: `jdbc:postgresql://db.example/shop?user=app&password=${base.password}&ssl=true`,
      docs: "https://example.org/other",
    });
    expect(new URL(String(fields["url"]))).toMatchObject({
      username: "app_clone",
      password: next.password.reveal(),
      search: "?sslmode=verify-full",
    });
    expect(fields["jdbcUrl"]).toBe(
      `jdbc:postgresql://db.example/shop?user=app_clone&password=${next.password.reveal()}&ssl=true`,
    );
    expect(fields["docs"]).toBe("https://example.org/other");
  });

  test("refuses a field that would keep the old password", () => {
    expect(() => rotated({ ...base, note: `the password is ${base.password}` })).toThrow("field=note");
  });

  test("any password survives in a rendered URL", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, unit: "grapheme" }),
        fc.string({ minLength: 8, unit: "grapheme" }),
        (before, after) => {
          fc.pre(!before.includes("\0") && !after.includes("\0") && before.isWellFormed() && after.isWellFormed());
          const url = `postgres://app:${encodeURIComponent(before)}@db.example/shop`;
          const value = withCredential(secret({ ...base, password: before, url }), {
            username: "app",
            password: new SecretValue(after),
          });
          const fields = JSON.parse(value.reveal()) as { url: string };
          expect(decodeURIComponent(new URL(fields.url).password)).toBe(after);
        },
      ),
    );
  });
});
