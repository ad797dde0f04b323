import { describe, expect, test } from "vitest";
import { parseDatabaseSecret, withCredential } from "./database-secret.ts";
import { SecretValue } from "./secret-value.ts";

const secretOf = (members: object): SecretValue => new SecretValue(JSON.stringify(members));
const key = { UserName: "mailer", AccessKeyId: "AKIAOLD", SecretAccessKey: "canary-old" };
const next = { username: "AKIANEW", password: new SecretValue("canary-new") };
const after = (members: object): unknown => JSON.parse(withCredential(secretOf(members), next).reveal());

describe("a secret with an access key", () => {
  test("is read as a login, whose user name is the key's id, of the account that it names", () => {
    const secret = parseDatabaseSecret(secretOf(key));
    expect(secret).toMatchObject({
      engine: "iam-access-key",
      host: "iam.amazonaws.com",
      username: "AKIAOLD",
      account: "mailer",
    });
    expect(secret.password.reveal()).toBe("canary-old");
  });

  test("gets the next key under its own members, in the same text", () => {
    const text = '{ "note": "kept",\n "SecretAccessKey": "canary-old", "AccessKeyId":"AKIAOLD" , "UserName":"mailer"}';
    expect(withCredential(new SecretValue(text), next).reveal()).toBe(
      '{ "note": "kept",\n "SecretAccessKey": "canary-new", "AccessKeyId":"AKIANEW" , "UserName":"mailer"}',
    );
  });

  test("can have other names for the two, by templates", () => {
    const templates = { AWS_ACCESS_KEY_ID: "{{username|raw}}", AWS_SECRET_ACCESS_KEY: "{{password|raw}}" };
    expect(after({ ...key, templates })).toMatchObject({
      AccessKeyId: "AKIANEW",
      AWS_ACCESS_KEY_ID: "AKIANEW",
      AWS_SECRET_ACCESS_KEY: "canary-new",
    });
  });

  test("keeps the key in its own members, whatever a template says", () => {
    expect(after({ ...key, templates: { AccessKeyId: "of a template" } })).toMatchObject({ AccessKeyId: "AKIANEW" });
  });

  test.each([{ SecretAccessKey: null }, { AccessKeyId: "" }])(
    "that lacks a part of it is refused by its name: %j",
    (part) => {
      const [field] = Object.keys(part);
      expect(() => parseDatabaseSecret(secretOf({ ...key, ...part }))).toThrow(
        expect.objectContaining({ code: "secret-malformed", context: expect.objectContaining({ field }) }),
      );
    },
  );

  test("and with a user name of its own is a login, in which a copy of the key's id follows", () => {
    const login = { engine: "http-api-key", host: "h", username: "AKIAOLD", password: "canary-old" };
    expect(parseDatabaseSecret(secretOf({ ...login, AccessKeyId: "x" }))).toMatchObject({ engine: "http-api-key" });
    expect(after({ ...login, AccessKeyId: "other" })).toMatchObject({ username: "AKIANEW", AccessKeyId: "other" });
  });
});

test("a secret without an access key has no account, whatever its UserName", () => {
  const login = { engine: "postgres", host: "h", username: "app", password: "p", UserName: 5 };
  expect(parseDatabaseSecret(secretOf(login)).account).toBeUndefined();
});
