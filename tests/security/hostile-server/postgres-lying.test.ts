import { expect, test } from "vitest";
import { type EngineVisit, visitServer } from "../../support/engine-visit.ts";
import {
  accountRow,
  authentication,
  letIn,
  loggedIn,
  message,
  oneRow,
  ready,
  roguePostgres,
  scramChallenge,
  scramOffer,
} from "../../support/rogue-postgres.ts";
import type { RogueServer } from "../../support/visit.ts";

const misbehaved = { result: "server-misbehaved" };
const require = { mode: "require" } as const;
const visit = async ({ port }: RogueServer, more: Partial<EngineVisit> = {}) =>
  visitServer({ engine: "postgres", port, ...more });

test.each([
  ["in clear", false],
  ["behind a certificate that nobody verified", true],
])("a server that lets rekey in after SCRAM without its own proof, %s, is not believed", async (_what, tls) => {
  await using server = await roguePostgres(
    async ({ send, next }) => {
      send(scramOffer);
      send(scramChallenge(await next(), 4096));
      await next();
      send(loggedIn, ready);
    },
    { tls },
  );
  expect(await visit(server, tls ? { tls: require } : {})).toMatchObject({
    ...misbehaved,
    context: { problem: "authenticationOk out of order" },
  });
});

test("a server that lets rekey in right after the offer of SCRAM is not believed", async () => {
  await using server = await roguePostgres(({ send }) => send(scramOffer, loggedIn, ready));
  expect(await visit(server)).toMatchObject(misbehaved);
});

test("a server whose proof in SCRAM is wrong is not believed", async () => {
  await using server = await roguePostgres(async ({ send, next }) => {
    send(scramOffer);
    send(scramChallenge(await next(), 4096));
    await next();
    send(authentication(12, `v=${Buffer.alloc(32).toString("base64")}`), loggedIn, ready);
  });
  expect(await visit(server)).toMatchObject(misbehaved);
});

test("a server that is ready for statements without any login is not believed", async () => {
  await using server = await roguePostgres(({ send }) => send(ready));
  expect(await visit(server)).toMatchObject({ ...misbehaved, context: { problem: "readyForQuery out of order" } });
});

test("a server that starts another login inside of a session is cut off", async () => {
  await using server = await roguePostgres(letIn(() => authentication(3)));
  expect(await visit(server, { operation: "inspect" })).toMatchObject(misbehaved);
  expect(server.received()).not.toContain("canary-password");
});

test("a server that asks for the password in MD5's form after another one is cut off", async () => {
  await using server = await roguePostgres(({ send }) => send(authentication(5, "salt"), authentication(5, "tlas")));
  expect(await visit(server)).toMatchObject(misbehaved);
});

test.each([
  ["a message of a kind that it does not have", message("?", "x")],
  ["a message in which the driver would copy data out of the client", message("G", "\0\0\0")],
  ["an answer to the protocol of prepared statements", message("1")],
  ["an answer that nobody asked for", message("C", "SELECT 1\0")],
  ["a row that ends in the midst of a value", message("D", "\0\x02\0\0\0")],
  ["fewer columns than none", message("D", "\xff\xff")],
])("a server that sends %s is cut off", async (_what, bytes) => {
  await using server = await roguePostgres(({ send }) => send(loggedIn, ready, bytes));
  expect(await visit(server, { operation: "inspect" })).toMatchObject(misbehaved);
});

test("a server that gives more values than columns ends the inspection in a typed error", async () => {
  const [described, row] = [oneRow(), oneRow(["a", "int", "1"], ["b", "int", "2"])];
  const lie = Buffer.concat([described.subarray(0, described.indexOf("D")), row.subarray(row.indexOf("D"))]);
  await using server = await roguePostgres(letIn((sql) => (sql.startsWith("SELECT") ? lie : undefined)));
  expect(await visit(server, { operation: "inspect" })).toMatchObject(misbehaved);
});

const statement = (server: RogueServer): string => server.received();

test("a catalog whose connection limit is SQL puts nothing into a statement", async () => {
  const row = accountRow({ limit: "-1 SUPERUSER", limitType: "text" });
  await using server = await roguePostgres(letIn((sql) => (sql.includes("rolconnlimit") ? row : undefined)));
  expect(await visit(server, { operation: "syncPair" })).toMatchObject({ result: "user-collision" });
  expect(statement(server)).not.toContain("SUPERUSER");
});

test("a right of the server's own invention is named in rekey's words alone", async () => {
  const row = oneRow(
    ["name", "text", "app"],
    ["exists", "bool", "t"],
    ["session", "json", JSON.stringify({ iterations: "4096", mayMakeRoles: true })],
    ["connectionLimit", "int", "-1"],
    ["lacks", "text", "text-of-the-server"],
  );
  await using server = await roguePostgres(letIn((sql) => (sql.includes("rolconnlimit") ? row : undefined)));
  const outcome = await visit(server, { operation: "syncPair" });
  expect(outcome).toMatchObject({ result: "database-rights-missing" });
  expect(JSON.stringify(outcome)).not.toContain("text-of-the-server");
});

const withSetting = (setting: string | null, type: "text" | "time" = "text") =>
  letIn((sql) => {
    if (sql.includes("rolconnlimit")) return accountRow();
    if (!sql.includes("pg_db_role_setting")) return undefined;
    return oneRow(
      ["role", "text", "app"],
      ["database", "text", null],
      ["setting", type, setting],
      ["isReserved", "bool", "f"],
      ["isTaken", "bool", null],
    );
  });

test.each([
  ["search_path=public;ALTER/**/ROLE/**/app/**/SUPERUSER", "'public;ALTER/**/ROLE/**/app/**/SUPERUSER'"],
  ['search_path="a;b", $user', "'a;b', '$user'"],
  ["x.y_preload_libraries=1; ALTER ROLE app SUPERUSER", "'1; ALTER ROLE app SUPERUSER'"],
])("a role's setting %s is copied as a value, never as SQL", async (setting, quoted) => {
  await using server = await roguePostgres(withSetting(setting));
  await visit(server, { operation: "syncPair" });
  expect(statement(server)).toContain(` = ${quoted}`);
});

test("a list of names in a role's setting that is none is refused", async () => {
  await using server = await roguePostgres(withSetting('search_path="a" SUPERUSER'));
  expect(await visit(server, { operation: "syncPair" })).toMatchObject({ result: "account-unsupported" });
  expect(statement(server)).not.toContain("SUPERUSER");
});

test.each([
  ["a time", "2020-01-01 00:00:00+00", "time"],
  ["nothing", null, "text"],
] as const)("a role's setting that is %s ends in a typed error", async (_what, value, type) => {
  await using server = await roguePostgres(withSetting(value, type));
  expect(await visit(server, { operation: "syncPair" })).toMatchObject(misbehaved);
});

test("Redshift's engine copies no connection limit that is SQL", async () => {
  const user = oneRow(
    ["name", "text", "app"],
    ["superuser", "bool", "f"],
    ["connlimit", "text", "1 CREATEUSER"],
    ["settings", "text", null],
  );
  await using server = await roguePostgres(letIn((sql) => (sql.includes("pg_user_info") ? user : undefined)));
  const outcome = await visit(server, { engine: "redshift", operation: "syncPair" });
  expect(outcome).toMatchObject({ result: "user-collision" });
  expect(server.received()).not.toContain("CREATEUSER");
});
