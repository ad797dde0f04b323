import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import type { EmbeddedPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { startPostgresAsRedshift } from "../../../tests/support/redshift-on-postgres.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { answerWith, authenticationRequest, errorResponse } from "../postgres/test-protocol.ts";
import { md5Password } from "../postgres/password-hash.ts";
import { redshiftEngine } from "./redshift-engine.ts";

const engine = redshiftEngine();
const call: CallOptions = { signal: new AbortController().signal };
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});
const targetAt = (port: number): DatabaseTarget => ({
  engine: "redshift",
  host: "127.0.0.1",
  port,
  dbname: "postgres",
  tls: { mode: "disable" },
  options: new Map(),
});

test("the md5 form is that of PostgreSQL 8: md5 and the hash of password and user name", () => {
  expect(md5Password(credential("user", "password"))).toBe("md54d45974e13472b5a0be3533de4666414");
});

describe("a login that PostgreSQL 8 refuses", () => {
  test.each([
    ["a wrong password", 'password authentication failed for user "app"', "bad-credential"],
    ["a host rule", 'no pg_hba.conf entry for host "10.0.0.1", user "app"', "login-not-allowed"],
  ])("%s is 28000 and told by its text", async (_what, text, refusal) => {
    await using server = await answerWith(errorResponse("28000", text));
    await expect(engine.login(targetAt(server.port), credential("app", "p"), call)).resolves.toEqual({
      ok: false,
      refusal,
    });
  });

  test("a user whose password was set in the sha256 form is an error with the way out, and no crash", async () => {
    await using server = await answerWith(authenticationRequest(13));
    await expect(engine.login(targetAt(server.port), credential("app", "p"), call)).rejects.toMatchObject({
      code: "database-failed",
      context: { reason: "authentication method" },
      hint: expect.stringContaining("md5 form"),
    });
  });
});

describe("on PostgreSQL 18, with Redshift's views of users and roles", () => {
  let postgres: EmbeddedPostgres;
  let target: DatabaseTarget;
  const admin = (): Credential => {
    const { username, password } = postgres.superuser;
    return credential(username, password);
  };
  const pair: UserPair = { first: "app", alternate: "app_clone", isGranted: false };

  async function logsIn(who: Credential): Promise<boolean> {
    const login = await engine.login(target, who, call);
    if (login.ok) await login.session[Symbol.asyncDispose]();
    return login.ok;
  }

  async function sync(next: Credential, which: UserPair = pair): Promise<void> {
    const login = await engine.login(target, admin(), call);
    if (!login.ok) throw new Error(login.refusal);
    await using session = login.session;
    await session.syncPair(which, next, call);
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
    postgres = await startPostgresAsRedshift();
    target = targetAt(postgres.port);
    await postgres.admin("CREATE TABLE ledger (id int); CREATE GROUP readers; GRANT SELECT ON ledger TO GROUP readers");
    await postgres.admin("CREATE USER app PASSWORD 'before' CONNECTION LIMIT 20; ALTER GROUP readers ADD USER app");
    await postgres.admin("ALTER USER app SET search_path = audit, public");
  });
  afterAll(async () => postgres.stop());

  test.each([["plain"], ["we\"ird;x'y\\z"], ["percent%s$1"]])(
    "the user %s changes its own password",
    async (username) => {
      await postgres.admin(`CREATE USER ${pg.escapeIdentifier(username)} PASSWORD 'before'`);
      const next = credential(username, "canary-'\"\\%-next");
      const login = await engine.login(target, credential(username, "before"), call);
      if (!login.ok) throw new Error(login.refusal);
      await using session = login.session;
      await session.setPassword(next, call);
      expect([await logsIn(next), await logsIn(credential(username, "before"))]).toEqual([true, false]);
    },
  );

  test("two changes of one user at once both succeed", async () => {
    await postgres.admin("CREATE USER busy PASSWORD 'before'");
    const next = credential("busy", "after");
    await Promise.all(
      [1, 2].map(async () => {
        const login = await engine.login(target, admin(), call);
        if (!login.ok) throw new Error(login.refusal);
        await using session = login.session;
        await session.setPassword(next, call);
      }),
    );
    expect(await logsIn(next)).toBe(true);
  });

  test("the alternate user has the first one's groups, settings and limit, and repeats without harm", async () => {
    const clone = credential("app_clone", "clone-1");
    await sync(clone);
    await sync(clone);
    expect(await query(clone, "SHOW search_path")).toEqual([{ search_path: "audit, public" }]);
    expect(await query(clone, "SELECT count(*)::int AS n FROM public.ledger")).toEqual([{ n: 0 }]);
    expect(await postgres.admin("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_clone'")).toEqual([
      { rolconnlimit: 20 },
    ]);
  });

  test("a REVOKE holds for both, and a group that the first one leaves is left by the alternate", async () => {
    await postgres.admin(
      "CREATE GROUP writers; ALTER GROUP writers ADD USER app; GRANT INSERT ON ledger TO GROUP writers",
    );
    await sync(credential("app", "app-2"));
    const clone = credential("app_clone", "clone-1");
    await query(clone, "INSERT INTO public.ledger VALUES (1)");
    await postgres.admin("REVOKE SELECT ON ledger FROM GROUP readers; ALTER GROUP writers DROP USER app");
    await sync(credential("app_clone", "clone-3"));
    const again = credential("app_clone", "clone-3");
    await expect(query(again, "SELECT * FROM public.ledger")).rejects.toMatchObject({ code: "42501" });
    await expect(query(again, "INSERT INTO public.ledger VALUES (2)")).rejects.toMatchObject({ code: "42501" });
  });

  test("a setting that the first one drops is dropped by the alternate", async () => {
    await postgres.admin("ALTER USER app RESET search_path; ALTER USER app SET statement_timeout = '7s'");
    await sync(credential("app_clone", "clone-4"));
    expect(await query(credential("app_clone", "clone-4"), "SHOW search_path")).toEqual([
      { search_path: '"$user", public' },
    ]);
    expect(await query(credential("app_clone", "clone-4"), "SHOW statement_timeout")).toEqual([
      { statement_timeout: "7s" },
    ]);
  });

  test.each([
    ["a right that was granted by name", "GRANT SELECT ON ledger TO app", "REVOKE SELECT ON ledger FROM app"],
    ["a table that it owns", "ALTER TABLE ledger OWNER TO app", "ALTER TABLE ledger OWNER TO postgres"],
    ["a schema that was granted", "GRANT USAGE ON SCHEMA public TO app", "REVOKE USAGE ON SCHEMA public FROM app"],
  ])(
    "%s would be missing under the other name, so the pair is refused and nothing changed",
    async (_what, give, take) => {
      await postgres.admin(give);
      await expect(sync(credential("app_clone", "refused"))).rejects.toMatchObject({
        code: "account-unsupported",
        context: {
          property: expect.stringMatching(/^(?:grants|ownership)$/),
          problem: expect.stringMatching(/^app has a right of its own on the (?:relation ledger|schema public)$/),
        },
      });
      await postgres.admin(take);
      expect(await logsIn(credential("app_clone", "refused"))).toBe(false);
      await sync(credential("app_clone", "clone-5"));
      expect(await logsIn(credential("app_clone", "clone-5"))).toBe(true);
    },
  );

  test("a user of the alternate's name that rekey did not make is never touched, unless a human named it", async () => {
    await postgres.admin("CREATE USER foo PASSWORD 'foo'; CREATE USER foo_clone PASSWORD 'foreign'");
    const foreign: UserPair = { first: "foo", alternate: "foo_clone", isGranted: false };
    await expect(sync(credential("foo_clone", "x"), foreign)).rejects.toMatchObject({ code: "user-collision" });
    expect(await logsIn(credential("foo_clone", "foreign"))).toBe(true);
    await sync(credential("foo_clone", "x"), { ...foreign, isGranted: true });
    expect(await logsIn(credential("foo_clone", "x"))).toBe(true);
  });

  test("a superuser is never one of a pair, and a first user that is not there makes none", async () => {
    for (const which of [
      { first: "app", alternate: "postgres", isGranted: true },
      { first: "nobody", alternate: "nobody_clone", isGranted: false },
    ]) {
      await expect(sync(credential(which.alternate, "x"), which)).rejects.toMatchObject({ code: "user-collision" });
    }
  });

  test("an admin without rights is told so", async () => {
    await postgres.admin(
      "CREATE USER weak PASSWORD 'weak'; GRANT SELECT ON pg_user_info, svv_user_grants, svv_user_info TO weak",
    );
    const login = await engine.login(target, credential("weak", "weak"), call);
    if (!login.ok) throw new Error(login.refusal);
    await using session = login.session;
    await expect(session.syncPair(pair, credential("app_clone", "x"), call)).rejects.toMatchObject({
      code: "database-rights-missing",
    });
  });

  test("a session sees who may be changed, the mark and the expiry, and leaves out what it may not read", async () => {
    await postgres.admin("CREATE USER looker PASSWORD 'looker' VALID UNTIL '2030-01-01 00:00:00+00'");
    const facts = async (who: Credential) => {
      const login = await engine.login(target, who, call);
      if (!login.ok) throw new Error(login.refusal);
      await using session = login.session;
      return await session.inspect(["app", "app_clone", "looker", "nobody"], call);
    };
    const expiresAt = new Date("2030-01-01T00:00:00Z");
    const seen = await facts(admin());
    expect(seen).toMatchObject({ isSupported: false, isReadOnly: false });
    expect(seen.users).toEqual(
      new Map([
        ["app", { mayBeChanged: true, isOurAlternate: false }],
        ["app_clone", { mayBeChanged: true, isOurAlternate: true }],
        ["looker", { mayBeChanged: true, isOurAlternate: false, expiresAt }],
      ]),
    );
    expect((await facts(credential("looker", "looker"))).users).toEqual(
      new Map([["looker", { mayBeChanged: true, isOurAlternate: false, expiresAt }]]),
    );
  });

  test("no password that the engine set is in the server's log", async () => {
    const own = (await postgres.log()).split("\n").filter((line) => /(?:ALTER|CREATE) USER .*'md5/.test(line));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((line) => /canary|clone-\d/.test(line))).toEqual([]);
  });
});
