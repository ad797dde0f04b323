import { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { assertNoCredential, loginOptions, serverUrl } from "./mongo-login.ts";

const secret = (more: object = {}) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "canary", host: "h", ...more })));

test.each<[object, string]>([
  [{}, "mongodb://h:27017/"],
  [{ port: 27_018, dbname: "a b" }, "mongodb://h:27018/a%20b"],
  [{ host: "::1" }, "mongodb://[::1]:27017/"],
  [{ host: "/run/mongodb.sock", dbname: "d" }, "mongodb://%2Frun%2Fmongodb.sock/d"],
])("of %o the driver gets the URL %s", (more, url) => {
  expect(serverUrl(secret(more), {})).toBe(url);
  expect(() => new MongoClient(url)).not.toThrow();
});

test("a URL that the service gives is used as it is", () => {
  expect(serverUrl(secret({ host: undefined }), { url: "mongodb+srv://c/d" })).toBe("mongodb+srv://c/d");
  expect(() => serverUrl(secret({ host: undefined }), {})).toThrow(
    expect.objectContaining({ code: "secret-malformed", hint: expect.stringContaining("server.url") }),
  );
});

test.each<[object, object]>([
  [{}, { authSource: "admin", tls: true }],
  [{ dbname: "d" }, { authSource: "d", tls: true }],
  [
    { dbname: "d", authSource: "a", ssl: false },
    { authSource: "a", tls: false },
  ],
  [{ ssl: "require" }, { authSource: "admin", tls: true, tlsAllowInvalidCertificates: true }],
  [
    { ssl: "verify-ca", sslrootcert: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" },
    {
      authSource: "admin",
      tls: true,
      tlsAllowInvalidHostnames: true,
      ca: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----",
    },
  ],
])("of %o the driver gets the options %o, and a placeholder for the password", (more, expected) => {
  const { auth, ...options } = loginOptions(secret(more));
  expect(options).toEqual(expected);
  expect(auth.username).toBe("u");
  expect(JSON.stringify(auth)).not.toContain("canary");
});

test.each([
  "mongodb://u:p@h/",
  "mongodb+srv://u@h/",
  "mongodb://u:p/q@h/",
  "mongodb://h/?authSource=x",
  "mongodb://h/d?w=1&authMechanism=PLAIN",
])("%s names how to log in, and is refused", (url) => {
  expect(() => assertNoCredential({ url })).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option: "server.url" }) }),
  );
});
