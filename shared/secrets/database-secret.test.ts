import { describe, expect, test } from "vitest";
import { isSameLogin, parseAdminSecret, parseDatabaseSecret } from "./database-secret.ts";
import { SecretValue } from "./secret-value.ts";

const secret = (fields: object): SecretValue => new SecretValue(JSON.stringify(fields));
const base = { engine: "postgres", host: "db.example", username: "app", password: "canary-0123456789" };

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
    ["TRUE", "verify-full"],
    [false, "disable"],
    ["False", "disable"],
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

test("two logins are the same when both the user and the password are", () => {
  const credential = (username: string, password: string) => ({ username, password: new SecretValue(password) });
  const current = credential("app", "one");
  const others = [credential("app", "one"), credential("app", "two"), credential("app_clone", "one")];
  expect(others.map((other) => isSameLogin(current, other))).toEqual([true, false, false]);
});

describe("a secret that names a user of a cache service", () => {
  const user_arn = "arn:aws:elasticache:us-east-1:123456789012:user:orders";
  const read = (fields: object) =>
    parseDatabaseSecret(new SecretValue(JSON.stringify({ username: "app", password: "p", user_arn, ...fields })));

  test("need name no engine and no server: the ARN says the service", () => {
    expect(read({})).toMatchObject({ engine: "elasticache", host: "", userArn: user_arn });
    expect(read({ user_arn: "arn:aws:memorydb:us-east-1:123456789012:user/app" })).toMatchObject({
      engine: "memorydb",
    });
    expect(read({ host: "cache.example.com", engine: "elasticache" })).toMatchObject({ host: "cache.example.com" });
  });

  test("must name a server where the engine is another, or the ARN is of no such user", () => {
    const missing = (field: string) =>
      expect.objectContaining({ code: "secret-malformed", context: expect.objectContaining({ field }) });
    expect(() => read({ engine: "postgres" })).toThrow(missing("host"));
    expect(() => read({ user_arn: "arn:aws:iam::123456789012:user/app" })).toThrow(missing("engine, host"));
    expect(() => read({ password: undefined })).toThrow(missing("password"));
  });
});
