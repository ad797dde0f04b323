import { expect, test } from "vitest";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { assertSettings, loginOf, type Settings } from "./login-settings.ts";

const secret = (more: object = {}) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "p", host: "of-secret", ...more })));

test.each([
  ["user", "user name and password"],
  ["password", "user name and password"],
  ["minimumIdle", "when they are asked for"],
  ["initializationTimeout", "when they are asked for"],
  ["leakDetectionTimeout", "when they are asked for"],
])("the setting %s is refused", (name, why) => {
  expect(() => assertSettings({ [name]: "canary" })).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: { option: `pool.${name}` },
      hint: expect.stringContaining(why),
    }),
  );
});

test("the login is the secret's, with the connector's default port, and the settings go with it", () => {
  expect(() => assertSettings({ connectTimeout: 5 })).not.toThrow();
  expect(loginOf({ connectTimeout: 5 }, secret({ ssl: false }))).toStrictEqual({
    connectTimeout: 5,
    host: "of-secret",
    port: 3306,
    user: "u",
    password: "p",
    ssl: false,
  });
  expect(loginOf({}, secret({ port: 3307, dbname: "d" }))).toMatchObject({ port: 3307, database: "d" });
});

test("host, port, database and TLS are the settings' where they are given there", () => {
  const settings = { host: "given", port: 1, database: "e", ssl: { ca: "ca" } };
  expect(loginOf(settings, secret({ port: 3307, dbname: "d" }))).toMatchObject(settings);
  expect(loginOf({ ssl: false }, secret()).ssl).toBe(false);
});

test.each<[Settings]>([[{ socketPath: "/run/mysqld.sock" }], [{ stream: () => undefined }]])(
  "a socket of one's own needs no host",
  (settings) => {
    const login = loginOf(settings, secret({ host: undefined }));
    expect(login).not.toHaveProperty("host");
    expect(login.ssl).toStrictEqual({ rejectUnauthorized: true });
  },
);

test("without a host anywhere, the error says where one may be written", () => {
  expect(() => loginOf({}, secret({ host: undefined }))).toThrow(
    expect.objectContaining({ code: "secret-malformed", hint: expect.stringContaining("pool.host") }),
  );
});

test.each([
  [{}, { rejectUnauthorized: true, host: "of-secret", servername: "of-secret" }],
  [{ host: "192.0.2.1" }, { rejectUnauthorized: true, host: "192.0.2.1" }],
  [{ ssl: "require" }, { rejectUnauthorized: false, host: "of-secret", servername: "of-secret" }],
])("a certificate is compared with the host's name: %o", (more, ssl) =>
  expect(loginOf({}, secret(more)).ssl).toStrictEqual(ssl),
);
