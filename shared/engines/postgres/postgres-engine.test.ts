import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { postgresEngine, type PostgresSession } from "./postgres-engine.ts";

let postgres: EmbeddedPostgres;
let target: DatabaseTarget;
const engine = postgresEngine();
const call: CallOptions = { signal: new AbortController().signal };
const canary = "canary-7Zq-";
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

async function open(who: Credential): Promise<PostgresSession> {
  const login = await engine.login(target, who, call);
  if (!login.ok) throw new Error(`refused: ${login.refusal}`);
  return login.session;
}

async function query<Row extends pg.QueryResultRow>(who: Credential, sql: string): Promise<readonly Row[]> {
  const { host, port, dbname } = target;
  const client = new pg.Client({ host, port, database: dbname, user: who.username, password: who.password.reveal() });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  postgres = await startPostgres();
  const { host, port } = postgres;
  target = { engine: "postgres", host, port, dbname: "postgres", tls: { mode: "disable" }, options: new Map() };
  await postgres.admin("CREATE EXTENSION pg_stat_statements");
  await postgres.admin("GRANT CREATE ON SCHEMA public TO public");
});
afterAll(async () => postgres.stop());

describe("logging in", () => {
  test("a wrong password and an unknown user are results", async () => {
    await expect(engine.login(target, credential("postgres", "wrong"), call)).resolves.toEqual({
      ok: false,
      refusal: "bad-credential",
    });
    await expect(engine.login(target, credential("nobody", "p"), call)).resolves.toEqual({
      ok: false,
      refusal: "bad-credential",
    });
  });

  test.each([
    ["a closed port", { port: 1 }, "database-unreachable"],
    ["an unknown database", { dbname: "nope" }, "database-unknown"],
    ["a server without TLS", { tls: { mode: "verify-full" } }, "tls-refused"],
  ] as const)("%s is an error", async (_what, change, code) => {
    const { username, password } = postgres.superuser;
    await expect(engine.login({ ...target, ...change }, credential(username, password), call)).rejects.toMatchObject({
      code,
    });
  });

  test("a call whose time is up opens no connection", async () => {
    await expect(engine.login(target, credential("x", "y"), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "time-budget-spent",
    });
  });
});

describe("changing a password", () => {
  test.each([["plain"], ["we\"ird;x'y\\z"], ["ünï cøde"], ["percent%s$1"]])("of the user %s", async (username) => {
    await postgres.admin(`CREATE ROLE ${pg.escapeIdentifier(username)} LOGIN PASSWORD 'before'`);
    const next = credential(username, `${canary}${username}'"\\%`);
    await using session = await open(credential(username, "before"));
    await session.setPassword(next, call);
    await using again = await open(next);
    expect(again).toBeDefined();
    await expect(engine.login(target, credential(username, "before"), call)).resolves.toMatchObject({ ok: false });
  });

  test("uses the server's own iteration count", async () => {
    await postgres.admin(
      "CREATE ROLE iterated LOGIN PASSWORD 'before'; ALTER ROLE iterated SET scram_iterations = 8192",
    );
    await using session = await open(credential("iterated", "before"));
    await session.setPassword(credential("iterated", `${canary}iterated`), call);
    const [row] = await postgres.admin<{ rolpassword: string }>(
      "SELECT rolpassword FROM pg_authid WHERE rolname = 'iterated'",
    );
    expect(row?.rolpassword).toMatch(/^SCRAM-SHA-256\$8192:/);
  });

  test("two at once on one role wait for each other", async () => {
    await postgres.admin("CREATE ROLE busy LOGIN PASSWORD 'before'");
    await using one = await open(credential("busy", "before"));
    await using other = await open(credential("busy", "before"));
    const next = credential("busy", `${canary}busy`);
    await Promise.all([one.setPassword(next, call), other.setPassword(next, call)]);
    await using after = await open(next);
    expect(after).toBeDefined();
  });

  test("a statement that the server refuses for a reason without a code of its own is database-failed", async () => {
    const { username, password } = postgres.superuser;
    await using session = await open(credential(username, password));
    await expect(session.setPassword(credential("nobody", "x"), call)).rejects.toMatchObject({
      code: "database-failed",
      context: { sqlstate: "42704" },
    });
  });

  test("another user's password without the right is database-rights-missing", async () => {
    await postgres.admin("CREATE ROLE weak LOGIN PASSWORD 'weak'");
    await using session = await open(credential("weak", "weak"));
    await expect(session.setPassword(credential("postgres", "x"), call)).rejects.toMatchObject({
      code: "database-rights-missing",
    });
  });
});

describe("a pair of users, by an admin that is no superuser", () => {
  const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };
  const admin = credential("rotator", "rotator");
  const app = credential("app", `${canary}app`);
  const clone = credential("app_clone", `${canary}clone`);

  const sync = async (next: Credential, which: UserPair = pair): Promise<void> => {
    await using session = await open(admin);
    await session.syncPair(which, next, call);
  };

  beforeAll(async () => {
    await postgres.admin(`CREATE ROLE rotator LOGIN CREATEROLE PASSWORD 'rotator'`);
    await postgres.admin(`CREATE ROLE app LOGIN CONNECTION LIMIT 20 PASSWORD '${canary}app'`);
    await postgres.admin("GRANT app TO rotator WITH ADMIN OPTION");
    await postgres.admin(
      "ALTER ROLE app SET search_path = audit, public; ALTER ROLE app IN DATABASE postgres SET statement_timeout = '7s'",
    );
    await postgres.admin("CREATE TABLE ledger (id int); GRANT SELECT ON ledger TO app");
  });

  test("makes the alternate user with the first one's settings and limit, and repeats without harm", async () => {
    await sync(clone);
    await sync(clone);
    expect(await query(clone, "SHOW search_path")).toEqual([{ search_path: "audit, public" }]);
    expect(await query(clone, "SHOW statement_timeout")).toEqual([{ statement_timeout: "7s" }]);
    expect(await postgres.admin("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_clone'")).toEqual([
      { rolconnlimit: 20 },
    ]);
  });

  test("what one makes is the other's too, and a REVOKE holds for both", async () => {
    await query(clone, "CREATE TABLE public.made_by_clone (id int)");
    await query(app, "ALTER TABLE public.made_by_clone ADD COLUMN more int");
    await query(clone, "RESET ROLE; SELECT count(*) FROM public.ledger");
    await postgres.admin("REVOKE SELECT ON ledger FROM app");
    await sync(app);
    await sync(clone);
    await expect(query(clone, "SELECT * FROM public.ledger")).rejects.toMatchObject({ code: "42501" });
  });

  test("a user of the alternate's name that rekey did not make is never touched", async () => {
    await postgres.admin(
      "CREATE ROLE foo LOGIN PASSWORD 'foo'; CREATE ROLE foo_clone LOGIN PASSWORD 'foreign'; GRANT foo, foo_clone TO rotator WITH ADMIN OPTION",
    );
    const foreign: UserPair = { first: "foo", alternate: "foo_clone", isGranted: false };
    await expect(sync(credential("foo_clone", "x"), foreign)).rejects.toMatchObject({ code: "user-collision" });
    await expect(
      sync(credential("foo", "x"), { first: "foo_clone", alternate: "foo", isGranted: false }),
    ).rejects.toMatchObject({ code: "user-collision" });
    await using untouched = await open(credential("foo_clone", "foreign"));
    expect(untouched).toBeDefined();
  });

  test("a user that a human named is taken into the pair", async () => {
    await sync(credential("foo_clone", `${canary}named`), { first: "foo", alternate: "foo_clone", isGranted: true });
    expect(await query(credential("foo_clone", `${canary}named`), "SELECT current_user, session_user")).toEqual([
      { current_user: "foo", session_user: "foo_clone" },
    ]);
  });

  test("a superuser is never one of a pair", async () => {
    await expect(
      sync(credential("postgres", "x"), { first: "app", alternate: "postgres", isGranted: true }),
    ).rejects.toMatchObject({ code: "user-collision" });
  });

  test("an admin without ADMIN OPTION is told so before anything changes", async () => {
    await postgres.admin("CREATE ROLE closed LOGIN PASSWORD 'closed'");
    await expect(
      sync(credential("closed_clone", "x"), { first: "closed", alternate: "closed_clone", isGranted: false }),
    ).rejects.toMatchObject({
      code: "database-rights-missing",
      context: { user: "closed" },
    });
    expect(await postgres.admin("SELECT 1 FROM pg_roles WHERE rolname = 'closed_clone'")).toEqual([]);
  });
});

test("no password that the engine set is in the server's log or statistics", async () => {
  const statements = await postgres.admin<{ query: string }>("SELECT query FROM pg_stat_statements");
  const log = (await postgres.log()).split("\n").filter((line) => !line.includes("postgres@postgres"));
  const own = log.filter((line) => line.includes(" rekey ") && line.includes("ALTER ROLE"));
  expect(own.length).toBeGreaterThan(5);
  expect(own.join("\n")).not.toContain(canary);
  expect(statements.filter(({ query: text }) => text.includes("SCRAM-SHA-256")).length).toBeGreaterThan(0);
  expect(
    statements
      .filter(({ query: text }) => text.includes(canary) && !text.startsWith("CREATE ROLE"))
      .map(({ query: text }) => text),
  ).toEqual([]);
});
