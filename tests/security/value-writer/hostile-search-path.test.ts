import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../../../local/postgres/embedded-postgres.ts";
import { postgresEngine } from "../../../shared/engines/postgres/postgres-engine.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";

/** The secret's writer is this role, which owns the database that the secret names. */
const tenant = { user: "tenant", password: "tenant", database: "tenant_db" };
const call: CallOptions = { signal: AbortSignal.timeout(60_000) };

let postgres: EmbeddedPostgres;

async function asTenant(...statements: readonly string[]): Promise<readonly pg.QueryResult[]> {
  const { host, port } = postgres;
  const client = new pg.Client({ host, port, ...tenant });
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const sql of statements) results.push(await client.query(sql));
    return results;
  } finally {
    await client.end();
  }
}

/** What a rotation of the tenant's alternating users does with the admin's session. */
async function syncedByAdmin(): Promise<void> {
  const { host, port, superuser } = postgres;
  const target = { engine: "postgres", host, port, dbname: tenant.database, tls: { mode: "disable" } } as const;
  const admin = { username: superuser.username, password: new SecretValue(superuser.password) };
  const login = await postgresEngine().login({ ...target, options: new Map() }, admin, call);
  if (!login.ok) throw new Error(login.refusal);
  await using session = login.session;
  await session.inspect(["tenant", "tenant_clone"], call);
  const next = { username: "tenant_clone", password: new SecretValue("next") };
  await session.syncPair({ first: "tenant", alternate: "tenant_clone", isGranted: false }, next, call);
}

async function tenantsRights(): Promise<unknown> {
  const roles = await postgres.admin(
    "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname LIKE 'tenant%' ORDER BY 1",
  );
  const [ran] = await asTenant("SELECT who FROM evil.ran");
  return { roles, ran: ran?.rows };
}

const harmless = {
  roles: [
    { rolname: "tenant", rolsuper: false, rolcreaterole: false },
    { rolname: "tenant_clone", rolsuper: false, rolcreaterole: false },
  ],
  ran: [],
};

const steal = "INSERT INTO evil.ran VALUES (current_user); ALTER ROLE tenant SUPERUSER";

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => postgres.stop());

beforeEach(async () => {
  await postgres.admin("DROP DATABASE IF EXISTS tenant_db");
  await postgres.admin("DROP ROLE IF EXISTS tenant_clone");
  await postgres.admin("DROP ROLE IF EXISTS tenant");
  await postgres.admin("CREATE ROLE tenant LOGIN PASSWORD 'tenant'");
  await postgres.admin("CREATE DATABASE tenant_db OWNER tenant");
  await asTenant(
    "CREATE SCHEMA evil; CREATE TABLE evil.ran (who text); GRANT ALL ON SCHEMA evil TO PUBLIC; GRANT ALL ON evil.ran TO PUBLIC",
  );
});

test.each([
  ["hashtext(text)", "integer", "1"],
  ["current_setting(text)", "text", "'180000'"],
  ["current_setting(text, boolean)", "text", "'4096'"],
  ["shobj_description(oid, name)", "text", "NULL"],
])(
  "a database's owner who puts a %s of his own before the server's does not have the admin call it",
  async (name, type, result) => {
    await asTenant(
      `CREATE FUNCTION evil.${name} RETURNS ${type} LANGUAGE plpgsql AS $$ BEGIN ${steal}; RETURN ${result}; END $$`,
      "ALTER DATABASE tenant_db SET search_path = evil, pg_catalog",
    );
    await syncedByAdmin();
    expect(await tenantsRights()).toEqual(harmless);
  },
);

test("a database's owner who puts an operator of his own before the server's does not have the admin use it", async () => {
  await asTenant(
    `CREATE FUNCTION evil.same(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ${steal}; RETURN $1::text OPERATOR(pg_catalog.=) $2; END $$`,
    "CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.same)",
    "CREATE FUNCTION evil.same(name, name) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.same($1, $2::text) $$",
    "CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.same)",
    "ALTER DATABASE tenant_db SET search_path = evil, pg_catalog",
  );
  await syncedByAdmin();
  expect(await tenantsRights()).toEqual(harmless);
});

test("a database's owner who puts a catalog of his own before the server's does not have the admin read it", async () => {
  await asTenant(
    `CREATE FUNCTION evil.steal() RETURNS name LANGUAGE plpgsql AS $$ BEGIN ${steal}; RETURN 'tenant'; END $$`,
    `CREATE VIEW evil.pg_roles WITH (security_invoker) AS SELECT r.*, evil.steal() AS stolen FROM pg_catalog.pg_roles r WHERE evil.steal() IS NOT NULL`,
    "GRANT SELECT ON evil.pg_roles TO PUBLIC",
    "ALTER DATABASE tenant_db SET search_path = evil, pg_catalog",
  );
  await syncedByAdmin();
  expect(await tenantsRights()).toEqual(harmless);
});

test("a user whose own search_path ends a statement and begins another does not have the admin run it", async () => {
  await asTenant(
    "SELECT set_config('search_path', 'evil;ALTER/**/ROLE/**/tenant/**/SUPERUSER', false)",
    "ALTER ROLE tenant SET search_path FROM CURRENT",
  );
  await syncedByAdmin();
  expect(await tenantsRights()).toEqual(harmless);
});
