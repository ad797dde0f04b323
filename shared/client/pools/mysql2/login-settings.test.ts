import { expect, test } from "vitest";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { driverSettings, loginOf, type Settings } from "./login-settings.ts";

const secret = (more: object = {}) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "p", host: "of-secret", ...more })));
const verified = { rejectUnauthorized: true, verifyIdentity: true };

test.each(["user", "password", "password1", "passwordSha1", "uri"])(
  "a credential in the settings is refused: %s",
  (name) => {
    expect(() => driverSettings({ [name]: "canary" })).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: `pool.${name}` },
        hint: "leave it out: the user and the password are the secret's",
      }),
    );
  },
);

test.each<[Settings, object]>([
  [{ connectionLimit: 3 }, { connectionLimit: 3 }],
  [{ connectionLimit: 3, ssl: false }, { connectionLimit: 3 }],
  [{ ssl: "Amazon RDS" }, { ssl: "Amazon RDS" }],
  [{ ssl: { ca: "ca" } }, { ssl: { verifyIdentity: true, ca: "ca" } }],
  [{ ssl: { rejectUnauthorized: false } }, { ssl: { verifyIdentity: false, rejectUnauthorized: false } }],
  [{ ssl: { verifyIdentity: false } }, { ssl: { verifyIdentity: false } }],
])("of the settings %o the driver gets %o", (settings, expected) => {
  expect(driverSettings(settings)).toStrictEqual(expected);
});

test("the login is the secret's, with the driver's default port", () => {
  expect(loginOf({}, secret())).toStrictEqual({
    host: "of-secret",
    port: 3306,
    database: undefined,
    user: "u",
    password: "p",
    ssl: verified,
  });
  expect(loginOf({}, secret({ port: 3307, dbname: "d" }))).toMatchObject({ port: 3307, database: "d" });
});

test("host, port and database are the settings' where they are given there", () => {
  const settings = { host: "given", port: 1, database: "e" };
  expect(loginOf(settings, secret({ port: 3307, dbname: "d" }))).toMatchObject(settings);
});

test.each<[Settings]>([[{ socketPath: "/run/mysqld.sock" }], [{ stream: () => undefined }]])(
  "a socket of one's own needs no host: %o",
  (settings) => {
    expect(loginOf(settings, secret())).not.toHaveProperty("host");
    expect(loginOf(settings, secret({ host: undefined }))).toMatchObject({ user: "u" });
  },
);

test("without a host anywhere, the error says where one may be written", () => {
  expect(() => loginOf({}, secret({ host: undefined }))).toThrow(
    expect.objectContaining({
      code: "secret-malformed",
      context: { field: "host", problem: "missing" },
      hint: expect.stringContaining("pool.host"),
    }),
  );
});

test.each([
  [{ ssl: false }, false],
  [{ ssl: true }, verified],
  [
    { ssl: "verify-ca" },
    { rejectUnauthorized: true, verifyIdentity: false, checkServerIdentity: expect.any(Function) },
  ],
  [{ ssl: "require" }, { rejectUnauthorized: false, verifyIdentity: false }],
])("TLS is what the secret says of it: %o", (more, ssl) => expect(loginOf({}, secret(more)).ssl).toEqual(ssl));

test("TLS is the settings' where it is given there", () => {
  for (const ssl of [false, { ca: "ca" }] as const) expect(loginOf({ ssl }, secret())).not.toHaveProperty("ssl");
});
