import { expect, test } from "vitest";
import { type EngineVisit, visitServer } from "../../support/engine-visit.ts";
import { type Column, greeting, letIn, ok, packet, rogueMysql, rows, withTls } from "../../support/rogue-mysql.ts";
import type { RogueServer } from "../../support/visit.ts";

const misbehaved = { result: "server-misbehaved" };
const visit = async ({ port }: RogueServer, more: Partial<EngineVisit> = {}) =>
  visitServer({ engine: "mysql", port, ...more });

test.each([
  ["an HTTP answer", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["a greeting out of order", Buffer.concat([packet(7, greeting().subarray(4))])],
  ["a greeting that breaks off", packet(0, [10])],
  ["16 MB of greeting", packet(0, "", 0xffffff)],
  ["nothing in many packets", Buffer.alloc(400)],
])("a server that greets with %s is cut off", async (_what, bytes) => {
  await using server = await rogueMysql(({ send }) => send(bytes));
  expect(await visit(server)).toMatchObject(misbehaved);
});

test("a server that lets rekey in out of order, behind a certificate that nobody verified, is cut off", async () => {
  await using server = await rogueMysql(async (plain) => {
    const { next, send } = await withTls(plain, "mysql_native_password");
    await next();
    send(ok(77));
  });
  expect(await visit(server, { tls: { mode: "require" } })).toMatchObject(misbehaved);
});

test("a server that asks for a file of the client's gets none, and the session ends", async () => {
  const request = packet(1, Buffer.concat([Buffer.from([251]), Buffer.from(import.meta.filename)]));
  await using server = await rogueMysql(async ({ next, send }) => {
    send(greeting());
    await next();
    send(ok(2));
    await next();
    send(request);
    await next();
    send(ok(3));
  });
  expect(await visit(server)).toMatchObject({ ...misbehaved, context: { problem: "asks for a file" } });
  expect(server.received()).not.toContain("gets none");
});

test.each([
  ["a number", [["account", "int", "7"]]],
  ["a time that is none", [["account", "time", "x"]]],
] as const)("a server that says %s for the account ends the login in a typed error", async (_what, row) => {
  const answer = rows(row);
  await using server = await rogueMysql(letIn((sql) => (sql.startsWith("SELECT CURRENT_USER") ? answer : undefined)));
  expect(await visit(server)).toMatchObject(misbehaved);
});

const accountRow = (user: string, limit: string): readonly Column[] => [
  ["user", "text", user],
  ["host", "text", "%"],
  ["plugin", "text", "mysql_native_password"],
  ["isAdministrator", "int", "0"],
  ["tls", "text", ""],
  ["cipher", "text", ""],
  ["issuer", "text", ""],
  ["subject", "text", ""],
  ["queries", "text", limit],
  ["updates", "int", "0"],
  ["connections", "int", "0"],
  ["userConnections", "int", "0"],
  ["mark", "text", "app"],
  ["attributes", "text", "{}"],
  ["priv", "text", "{}"],
  ["defaultRole", "text", ""],
  ["statementTime", "text", limit],
];

test.each([["mysql"], ["mariadb"]] as const)(
  "an account of %s whose limit is SQL puts nothing into a statement",
  async (engine) => {
    const answer = rows(accountRow("app", "0; GRANT ALL ON *.* TO app"), accountRow("app_clone", "0"));
    const rights = rows([["grants", "text", "GRANT ALL PRIVILEGES ON *.* TO `admin`@`%` WITH GRANT OPTION"]]);
    await using server = await rogueMysql(
      letIn((sql) => {
        if (sql.includes("FROM mysql.user")) return answer;
        return sql.startsWith("SHOW GRANTS") ? rights : undefined;
      }),
    );
    expect(await visit(server, { engine, operation: "syncPair" })).toMatchObject({
      ...misbehaved,
      context: { problem: "an account's limit is no number" },
    });
    expect(server.received()).not.toContain("GRANT ALL");
  },
);

test("rows of numbers where MariaDB has text end in a typed error", async () => {
  const answer = rows([["grants", "int", "1"]]);
  await using server = await rogueMysql(letIn((sql) => (sql.startsWith("SHOW ") ? answer : undefined)));
  expect(await visit(server, { engine: "mariadb", operation: "inspect" })).toMatchObject(misbehaved);
});
