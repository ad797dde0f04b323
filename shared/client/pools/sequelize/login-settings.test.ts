import { expect, test } from "vitest";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { assertSettings, type Dialect, type GivenServer, loginOf, type Settings } from "./login-settings.ts";

const secret = (more: object = {}) =>
  parseLoginSecret(new SecretValue(JSON.stringify({ username: "u", password: "p", host: "of-secret", ...more })));
const given = (dialect: Dialect, more: Partial<GivenServer> = {}): GivenServer => ({
  dialect,
  host: undefined,
  port: undefined,
  database: undefined,
  ...more,
});
const login = (server: GivenServer, more: object = {}, dialectOptions: Record<string, unknown> = {}): object =>
  loginOf({ dialectOptions }, server, secret(more)).config;

test.each<[object, string]>([
  [{ dialect: "postgres", username: "canary" }, "username"],
  [{ dialect: "postgres", password: "canary" }, "password"],
  [{ dialect: "mysql", dialectOptions: { user: "canary" } }, "dialectOptions.user"],
  [{ dialect: "mariadb", dialectOptions: { password: "canary" } }, "dialectOptions.password"],
  [{ dialect: "sqlite" }, "dialect"],
  [{ dialect: "postgres", native: true }, "native"],
  [{ dialect: "postgres", replication: { write: { password: "canary" }, read: [] } }, "replication.write.password"],
  [
    { dialect: "postgres", replication: { write: {}, read: [{ host: "a" }, { host: "b", username: "canary" }] } },
    "replication.read[1].username",
  ],
  [{ dialect: "postgres", replication: { write: {}, read: [{ host: "a" }, {}] } }, "replication.read[1].host"],
])("%o is refused", (settings, option) => {
  const error = expect.objectContaining({ code: "option-invalid", context: { option: `sequelize.${option}` } });
  expect(() => assertSettings(settings as Settings)).toThrow(error);
});

test("replicas with hosts, and dialect options, are taken", () => {
  const replication = { write: {}, read: [{ host: "a" }] };
  expect(() => assertSettings({ dialect: "postgres", dialectOptions: {}, replication })).not.toThrow();
});

test.each<[Dialect, object]>([
  ["postgres", { port: 5432, database: "postgres", dialectOptions: { ssl: { rejectUnauthorized: true } } }],
  [
    "mysql",
    { port: 3306, database: undefined, dialectOptions: { ssl: { rejectUnauthorized: true, verifyIdentity: true } } },
  ],
  [
    "mariadb",
    { port: 3306, dialectOptions: { ssl: { rejectUnauthorized: true, host: "of-secret", servername: "of-secret" } } },
  ],
])("of %s the login is the secret's, over verified TLS", (dialect, expected) => {
  expect(login(given(dialect))).toMatchObject({ host: "of-secret", username: "u", password: "p", ...expected });
  expect(login(given(dialect), { port: 1, dbname: "d" })).toMatchObject({ port: 1, database: "d" });
});

test.each<[Dialect, object]>([
  ["postgres", { ssl: false }],
  ["mysql", {}],
  ["mariadb", { ssl: false }],
])("of %s there is no TLS where the secret wants none", (dialect, dialectOptions) => {
  expect(login(given(dialect), { ssl: false })).toHaveProperty("dialectOptions", dialectOptions);
  expect(loginOf({}, given(dialect), secret({ ssl: false })).isEncrypted).toBe(false);
});

test("what the service gives stands in place of the secret's", () => {
  const server = { host: "given", port: 7, database: "e" };
  const made = login(given("mysql", server), { port: 1, dbname: "d" }, { ssl: { ca: "ca" }, flags: "x" });
  expect(made).toMatchObject({ ...server, dialectOptions: { ssl: { ca: "ca" }, flags: "x" } });
});

test("a socket needs no host, anything else does", () => {
  const nowhere = secret({ host: undefined });
  expect(loginOf({ dialectOptions: { socketPath: "/run/s" } }, given("mysql"), nowhere).config).toMatchObject({
    username: "u",
  });
  expect(() => loginOf({}, given("mariadb"), nowhere)).toThrow(
    expect.objectContaining({ code: "secret-malformed", hint: expect.stringContaining("sequelize.host") }),
  );
  expect(login(given("mariadb", { host: "192.0.2.1" }))).toHaveProperty("dialectOptions.ssl", {
    rejectUnauthorized: true,
    host: "192.0.2.1",
  });
});
