import { describe, expect, test } from "vitest";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { assertUrl, loginOf } from "./amqp-login.ts";

const version = (more: object) => ({
  versionId: "v1",
  value: new SecretValue(JSON.stringify({ username: "orders", password: "p@ss word", host: "broker", ...more })),
});
const login = (more: object, url?: string) => loginOf(version(more), { url, loginTimeoutMs: 5_000 });

describe("where a secret leads to", () => {
  test.each([
    [{}, "amqps://broker:5671"],
    [{ port: 5671 }, "amqps://broker:5671"],
    [{ port: 15671 }, "amqps://broker:5671"],
    [{ port: 443 }, "amqps://broker:5671"],
    [{ port: 15672, ssl: false }, "amqp://broker:5672"],
    [{ host: "::1" }, "amqps://[::1]:5671"],
  ])("%j leads to %s", (more, url) => {
    expect(login(more).url).toBe(url);
  });

  test("the caller's address stands above the secret's, and TLS is its scheme's", () => {
    expect(login({ ssl: "verify-ca" }, "amqps://b:1/v").options.checkServerIdentity).toBeTypeOf("function");
    expect(login({ ssl: true }, "amqp://b").options).not.toHaveProperty("rejectUnauthorized");
  });

  test("a secret without a host needs an address", () => {
    expect(() => login({ host: undefined })).toThrow(
      expect.objectContaining({ code: "secret-malformed", hint: expect.stringContaining("url") }),
    );
  });
});

test("the credential is sent by SASL's PLAIN, and is not in the address", () => {
  const { url, options } = login({});
  expect(options.credentials.response().toString()).toBe("\0orders\0p@ss word");
  expect(url).not.toContain("orders");
});

test.each(["amqps://guest:canary@broker", "amqps://guest@broker", "amqps://:canary@broker", "http://broker", "broker"])(
  "%s is refused, without its text",
  (url) => {
    const error = (() => {
      try {
        assertUrl(url);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ code: "option-invalid", context: { option: "url" } });
    expect(JSON.stringify(error)).not.toContain("canary");
  },
);
