import { expect, test } from "vitest";
import { greet, switchTo } from "../../../cli/certification/servers/mysql-greeting.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { falseServer } from "../../testing/engine-contract/dead-ends.ts";
import { mariadbEngine } from "../mariadb/mariadb-engine.ts";
import { mysqlEngine } from "../mysql/mysql-engine.ts";

const password = "in-clear-or-not";
const credential = { username: "app", password: new SecretValue(password) };
const call = { signal: new AbortController().signal };
const askForAll = [1, 4] as const;

const logInAt = async (engine: typeof mysqlEngine | typeof mariadbEngine, port: number): Promise<unknown> =>
  engine().login(
    { engine: "any", host: "127.0.0.1", port, dbname: "", tls: { mode: "disable" }, options: new Map() },
    credential,
    call,
  );

test.each([
  ["in clear", [switchTo("mysql_clear_password")]],
  ["in clear, by PAM's dialog", [switchTo("dialog")]],
  ["under a key of the server's own", [switchTo("sha256_password")]],
  ["whole, after the exchange that hides it", [switchTo("caching_sha2_password"), [askForAll]]],
])("a server that nobody verified and that asks for the password %s does not get it", async (_how, answers) => {
  await using server = await falseServer((socket) => greet(socket, answers));
  for (const engine of [mysqlEngine, mariadbEngine]) {
    await expect(logInAt(engine, server.port)).rejects.toMatchObject({ code: "tls-refused" });
  }
  expect(server.received().length).toBeGreaterThan(0);
  expect(server.received().includes(password)).toBe(false);
});

test("a way of authentication that nobody knows is account-unsupported", async () => {
  await using server = await falseServer((socket) => greet(socket, [switchTo("auth_of_tomorrow")]));
  await expect(logInAt(mysqlEngine, server.port)).rejects.toMatchObject({ code: "account-unsupported" });
});
