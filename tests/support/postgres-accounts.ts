import pg from "pg";
import type { EmbeddedPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { Account, AccountProperty } from "../../shared/testing/engine-contract/fixture.ts";

const quoted = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

type Rules = readonly string[];

/** Rewrites pg_hba.conf by its lines, and returns those it had once the server goes by the new ones. */
export async function changeHostRules(
  { admin }: Pick<EmbeddedPostgres, "admin">,
  change: (rules: Rules) => Rules,
): Promise<Rules> {
  const [state] = await admin<{ file: string; loaded: string; text: string }>(
    `SELECT current_setting('hba_file') AS file, pg_conf_load_time()::text AS loaded, pg_read_file(current_setting('hba_file')) AS text`,
  );
  if (state === undefined) throw new Error("no pg_hba.conf");
  const before = state.text.split("\n").filter((line) => /^[a-z]/.test(line));
  const rules = change(before).map(literal).join(", ");
  await admin(`COPY (SELECT unnest(ARRAY[${rules}])) TO ${literal(state.file)}`);
  await admin("SELECT pg_reload_conf()");
  for (;;) {
    const [now] = await admin<{ isLoaded: boolean }>(
      `SELECT pg_conf_load_time() > ${literal(state.loaded)} AS "isLoaded"`,
    );
    if (now?.isLoaded === true) return before;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Lets pg_hba.conf take these users by `md5`, which takes both forms of passwords, from anywhere. */
export const takeByMd5 = async (postgres: Pick<EmbeddedPostgres, "admin">, users: readonly string[]): Promise<void> => {
  const rule = `host all ${users.map((user) => `"${user}"`).join(",")} all md5`;
  await changeHostRules(postgres, (rules) => [rule, ...rules]);
};

/** Every property that people give to roles, given by a superuser. */
export function postgresAccountProperties(
  { admin }: Pick<EmbeddedPostgres, "admin">,
  passwordOf: (user: string) => string,
): Readonly<Record<string, AccountProperty>> {
  const given = (...statements: readonly ((user: string) => string)[]): AccountProperty => ({
    async give(username) {
      for (const statement of statements) await admin(statement(username));
    },
  });
  const attribute = (words: string): AccountProperty => given((user) => `ALTER ROLE ${quoted(user)} ${words}`);
  const setting = (words: string, where = ""): AccountProperty =>
    given((user) => `ALTER ROLE ${quoted(user)} ${where} SET ${words}`);
  /** A role of its own for each user, which the user is a member of with these options. */
  const group = (user: string): string => `${user}_owners`;
  const member = (...more: readonly ((user: string) => string)[]): AccountProperty =>
    given(
      (user) => `CREATE ROLE ${quoted(group(user))}; GRANT ${quoted(group(user))} TO ${quoted(user)}`,
      (user) =>
        `CREATE TABLE public.${quoted(`${user}_table`)} (id int); ALTER TABLE public.${quoted(`${user}_table`)} OWNER TO ${quoted(group(user))}`,
      ...more,
    );

  return {
    "no property": given(),
    md5: {
      async give(user) {
        await takeByMd5({ admin }, [user, `${user}_clone`]);
        await admin(
          `SET password_encryption = 'md5'; ALTER ROLE ${quoted(user)} PASSWORD ${literal(passwordOf(user))}`,
        );
      },
    },
    NOINHERIT: attribute("NOINHERIT"),
    CREATEDB: attribute("CREATEDB"),
    CREATEROLE: attribute("CREATEROLE"),
    REPLICATION: attribute("REPLICATION"),
    BYPASSRLS: attribute("BYPASSRLS"),
    "CONNECTION LIMIT": attribute("CONNECTION LIMIT 17"),
    "VALID UNTIL": attribute("VALID UNTIL '2099-12-31 23:59:59.5+02'"),
    "VALID UNTIL infinity": attribute("VALID UNTIL 'infinity'"),
    search_path: setting(`search_path = "$user", audit, public`),
    "setting of one database": setting("statement_timeout = '7s'", "IN DATABASE postgres"),
    "setting of another database": setting("work_mem = '7MB'", "IN DATABASE template1"),
    log_statement: setting("log_statement = 'mod'"),
    "custom setting": setting(`app.tenant = 'it''s; a "tenant"'`),
    default_transaction_read_only: setting("default_transaction_read_only = on"),
    default_transaction_isolation: setting("default_transaction_isolation = 'serializable'"),
    DateStyle: setting("DateStyle = 'German'"),
    synchronous_commit: setting("synchronous_commit = off"),
    membership: member(),
    "membership with ADMIN OPTION": member(
      (user) => `GRANT ${quoted(group(user))} TO ${quoted(user)} WITH ADMIN OPTION`,
    ),
    "acts as an owner": member(
      (user) => `ALTER ROLE ${quoted(user)} NOINHERIT`,
      (user) => `ALTER ROLE ${quoted(user)} SET role = ${literal(group(user))}`,
    ),
    "acts as an owner in one database": member(
      (user) => `ALTER ROLE ${quoted(user)} IN DATABASE postgres SET role = ${literal(group(user))}`,
    ),
    "a role that it may not act as": given(
      (user) => `CREATE ROLE ${quoted(group(user))}; ALTER ROLE ${quoted(user)} SET role = ${literal(group(user))}`,
    ),
    grants: given(
      (user) => `CREATE TABLE public.${quoted(`${user}_table`)} (id int)`,
      (user) => `GRANT SELECT ON public.${quoted(`${user}_table`)} TO ${quoted(user)}`,
      (user) => `GRANT CREATE ON DATABASE postgres TO ${quoted(user)}`,
    ),
    "default privileges": given(
      (user) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoted(user)} GRANT SELECT ON TABLES TO PUBLIC`,
      (user) => `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${quoted(user)}`,
    ),
    ownership: given((user) => `CREATE SCHEMA AUTHORIZATION ${quoted(user)}`),
    "row security": given(
      (user) =>
        `CREATE TABLE public.${quoted(`${user}_table`)} (id int); ALTER TABLE public.${quoted(`${user}_table`)} ENABLE ROW LEVEL SECURITY`,
      (user) => `CREATE POLICY own ON public.${quoted(`${user}_table`)} TO ${quoted(user)} USING (true)`,
    ),
    comment: given((user) => `COMMENT ON ROLE ${quoted(user)} IS 'of the billing team'`),
    "security label": {
      give: async (user) =>
        void (await admin(
          `SET allow_system_table_mods = on;
           INSERT INTO pg_shseclabel SELECT oid, 'pg_authid'::regclass, 'anon', 'MASKED' FROM pg_roles WHERE rolname = ${literal(user)}`,
        )),
      refusedBy: ["alternating-users"],
    },
  };
}

/** A query of rows `line`, with the user's own name as `<user>`. */
const linesOf = async (
  { admin }: Pick<EmbeddedPostgres, "admin">,
  username: string,
  sql: string,
): Promise<string[]> => {
  const rows = await admin<{ line: string }>(sql);
  return rows.map(({ line }) => line.replaceAll(username, "<user>")).toSorted();
};

/** By the catalogs, as a superuser reads them. */
export async function describePostgresAccount(
  postgres: Pick<EmbeddedPostgres, "admin">,
  username: string,
): Promise<readonly string[]> {
  const own = `(SELECT oid FROM pg_authid WHERE rolname = ${literal(username)})`;
  return linesOf(
    postgres,
    username,
    `SELECT 'role ' || (to_jsonb(r) - 'oid' - 'rolpassword')::text AS line FROM pg_authid r WHERE oid = ${own}
     UNION ALL SELECT 'hash ' || CASE WHEN rolpassword LIKE 'md5%' THEN 'md5' ELSE split_part(rolpassword, '$', 1) END
       FROM pg_authid WHERE oid = ${own}
     UNION ALL SELECT concat_ws(' ', 'setting', s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = ${own}
     UNION ALL SELECT 'member of ' || m.roleid::regrole || ' ' || (to_jsonb(m) - 'oid' - 'member' - 'grantor' - 'roleid')::text || ' by ' || m.grantor::regrole
       FROM pg_auth_members m WHERE m.member = ${own}
     UNION ALL SELECT concat_ws(' ', 'depends', dbid, classid, objid, objsubid, deptype) FROM pg_shdepend
       WHERE refclassid = 'pg_authid'::regclass AND refobjid = ${own} AND classid <> 'pg_auth_members'::regclass
     UNION ALL SELECT 'grant ' || relname || ' ' || relacl::text FROM pg_class WHERE relacl::text LIKE '%' || ${literal(username)} || '%'
     UNION ALL SELECT 'database ' || datname || ' ' || datacl::text FROM pg_database WHERE datacl::text LIKE '%' || ${literal(username)} || '%'
     UNION ALL SELECT 'default ' || (to_jsonb(d) - 'oid')::text FROM pg_default_acl d
       WHERE defaclrole = ${own} OR defaclacl::text LIKE '%' || ${literal(username)} || '%'
     UNION ALL SELECT 'comment ' || description FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass AND objoid = ${own}
     UNION ALL SELECT 'label ' || provider || ' ' || label FROM pg_shseclabel WHERE objoid = ${own}`,
  );
}

/**
 * What an application notices: whom its sessions act as, what they may do and under which settings, and the attributes of the role
 * that logs in. The names of `first` and of its alternate are left out where both have them.
 */
export async function describePostgresInEffect(
  { host, port, admin }: Pick<EmbeddedPostgres, "host" | "port" | "admin">,
  { username, password }: Account,
): Promise<readonly string[]> {
  const first = username.replace(/_clone$/, "");
  const client = new pg.Client({ host, port, database: "postgres", user: username, password });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(
      `SELECT 'acts as ' || current_user AS line
       UNION ALL SELECT 'may act as ' || rolname FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
         AND rolname NOT IN (${literal(first)}, ${literal(`${first}_clone`)})
       UNION ALL SELECT 'has ' || rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'USAGE')
       UNION ALL SELECT concat_ws(' ', 'setting', name, setting, source) FROM pg_settings WHERE source IN ('user', 'database user')
       UNION ALL SELECT 'tenant ' || coalesce(current_setting('app.tenant', true), 'none')
       UNION ALL SELECT concat_ws(' ', 'table', relname, p, has_table_privilege(c.oid, p))
         FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT']) p WHERE relname = ${literal(`${first}_table`)}`,
    );
    const kept = await admin<{ line: string }>(
      `SELECT 'attributes ' || (to_jsonb(r) - 'oid' - 'rolname' - 'rolpassword' - 'rolinherit' - 'rolvaliduntil')::text AS line
         FROM pg_authid r WHERE rolname = ${literal(username)}
       UNION ALL SELECT 'until ' || coalesce(rolvaliduntil, 'infinity') FROM pg_authid WHERE rolname = ${literal(username)}
       UNION ALL SELECT 'hash ' || left(rolpassword, 3) FROM pg_authid WHERE rolname = ${literal(username)}
       UNION ALL SELECT concat_ws(' ', 'setting of', setdatabase, c) FROM pg_db_role_setting s, unnest(setconfig) c
         WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = ${literal(username)}) AND c NOT LIKE 'role=%'`,
    );
    return [...rows, ...kept].map(({ line }) => line).toSorted();
  } finally {
    await client.end();
  }
}
