import { expect, test } from "vitest";
import { parseLoginSecret } from "../../../secrets/database-secret.ts";
import { SecretValue } from "../../../secrets/secret-value.ts";
import { assertPlaces, loginOf, type RedisServer, serverOptions } from "./redis-login.ts";

const value = (more: object = {}): SecretValue =>
  new SecretValue(JSON.stringify({ username: "u", password: "p", host: "of-secret", ...more }));
const options = (more: object, server: RedisServer = {}) => serverOptions(parseLoginSecret(value(more)), server);
const verified = { tls: true, rejectUnauthorized: true };

test("the login is the secret's", () => {
  expect(loginOf({ versionId: "v1", value: value() })).toStrictEqual({ username: "u", password: "p" });
});

test("without more the secret's host is connected to, by the default port and database, over TLS", () => {
  expect(options({})).toStrictEqual({ socket: { host: "of-secret", port: 6379, ...verified }, database: 0 });
});

test("the place is the secret's, and the caller's where it is given", () => {
  const secret = { port: 6380, dbname: "3", ssl: false };
  expect(options(secret)).toStrictEqual({ socket: { host: "of-secret", port: 6380 }, database: 3 });
  const server = { host: "given", port: 1, database: 4 };
  expect(options(secret, server)).toStrictEqual({ socket: { host: "given", port: 1 }, database: 4 });
});

test.each(["one", "-1", "1.5"])(
  "a database that is no number from 0 on is malformed, unless the caller gives one: %s",
  (dbname) => {
    expect(() => options({ dbname })).toThrow(
      expect.objectContaining({
        code: "secret-malformed",
        context: { field: "dbname", problem: "not the number of a database" },
      }),
    );
    expect(options({ dbname }, { database: 0 }).database).toBe(0);
  },
);

test("a secret without a host says where to give one", () => {
  expect(() => options({ host: undefined })).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("server.host") }),
  );
});

test("what the connection would drop is refused, with the place where it belongs", () => {
  expect(() => assertPlaces({ host: "h", port: 1, database: 0 })).not.toThrow();
  expect(() => assertPlaces({ host: "h", tls: true } as RedisServer)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: { option: "server.tls" },
      hint: expect.stringContaining("socket: { ...login.socket, tls }"),
    }),
  );
});
