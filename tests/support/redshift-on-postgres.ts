import pg from "pg";
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { markGroup } from "../../shared/engines/redshift/pair-state.ts";
import { redshiftEngine } from "../../shared/engines/redshift/redshift-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type {
  Account,
  AccountProperty,
  EngineFixture,
  EngineServer,
} from "../../shared/testing/engine-contract/fixture.ts";
import { describePostgresAccount, postgresAccountProperties } from "./postgres-accounts.ts";
import { postgresFixture, postgresServer } from "./postgres-fixture.ts";

/** PostgreSQL 18 that asks for passwords as Redshift does, with those of Redshift's views that rekey reads. */
export async function startPostgresAsRedshift(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres({ ...options, settings: { password_encryption: "md5", ...options.settings } });
  const [hba] = await postgres.admin<{ hba_file: string }>("SHOW hba_file");
  await postgres.admin(`COPY (SELECT 'host all all all md5') TO ${pg.escapeLiteral(hba?.hba_file ?? "")}`);
  await postgres.admin("SELECT pg_reload_conf()");
  await postgres.admin(
    `SET allow_system_table_mods = on;
     CREATE VIEW pg_catalog.pg_user_info AS SELECT rolname AS usename, rolsuper AS usesuper, rolconfig AS useconfig,
            rolcreatedb AS usecreatedb, rolvaliduntil AS valuntil,
            CASE rolconnlimit WHEN -1 THEN 'UNLIMITED' ELSE rolconnlimit::text END AS useconnlimit
       FROM pg_roles WHERE rolcanlogin`,
  );
  await postgres.admin(
    `SET allow_system_table_mods = on;
     CREATE VIEW pg_catalog.svv_user_grants AS SELECT ''::text AS user_name, ''::text AS role_name LIMIT 0;
     CREATE VIEW pg_catalog.svv_user_info AS SELECT rolname::text AS user_name, 'RESTRICTED'::text AS syslog_access,
            0 AS session_timeout, NULL::text AS external_id FROM pg_roles WHERE rolcanlogin;
     GRANT SELECT ON pg_catalog.pg_user_info, pg_catalog.svv_user_grants, pg_catalog.svv_user_info TO PUBLIC`,
  );
  return postgres;
}

/** Redshift knows groups in place of memberships between users, so what a user owns or was granted by name has no alternate. */
function accountProperties(postgres: EmbeddedPostgres): NonNullable<EngineServer["accountProperties"]> {
  const { admin } = postgres;
  const all = postgresAccountProperties(postgres, () => "");
  const kept = ["no property", "CREATEDB", "CONNECTION LIMIT", "VALID UNTIL", "search_path", "DateStyle"];
  const refused = ["grants", "ownership", "default privileges"];
  const propertyOf = (name: string): AccountProperty => {
    const property = all[name];
    if (property === undefined) throw new Error(`no property ${name}`);
    return property;
  };
  return {
    ...Object.fromEntries(kept.map((name) => [name, propertyOf(name)])),
    ...Object.fromEntries(
      refused.map((name) => [name, { ...propertyOf(name), refusedBy: ["alternating-users"] as const }]),
    ),
    group: {
      async give(user) {
        const [name, group] = [pg.escapeIdentifier(user), pg.escapeIdentifier(`${user}_group`)];
        await admin(`CREATE GROUP ${group}; ALTER GROUP ${group} ADD USER ${name}`);
      },
    },
  };
}

/** What a session of either of a pair has: its groups, settings and attributes. */
async function describeInEffect(postgres: EmbeddedPostgres, { username }: Account): Promise<readonly string[]> {
  const lines = await describePostgresAccount(postgres, username);
  return lines
    .filter((line) => !line.startsWith("member of rekey_alternate_of"))
    .map((line) =>
      line
        .replaceAll(username.replace(/_clone$/, ""), "<user>")
        .replace('"rolvaliduntil": "infinity"', '"rolvaliduntil": null'),
    );
}

/** PostgreSQL cuts a name off after 63 bytes, where Redshift takes 127: those of the users, and of the groups that mark a pair. */
const engine = { ...redshiftEngine(), maxUsernameBytes: 63 - markGroup("").length };
const base = postgresFixture("Redshift's dialect, on PostgreSQL 18", startPostgresAsRedshift);

export const redshiftDialectFixture: EngineFixture = {
  ...base,
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  exemptions: [
    { clause: "locked", reason: "PostgreSQL 8 has no lock_timeout: a lock that is not free ends as database-timeout" },
    { clause: "expired", reason: "an expired user is refused in the words of a wrong password" },
    { clause: "held", reason: "Redshift shows all sessions to superusers alone, and the admin need not be one" },
  ],
  async start(certificate) {
    const postgres = await startPostgresAsRedshift(certificate === undefined ? {} : { certificate });
    const server = await postgresServer(postgres);
    return {
      ...server,
      fields: { ...server.fields, engine: "redshift" },
      accountProperties: accountProperties(postgres),
      describeInEffect: async (account) => describeInEffect(postgres, account),
    };
  },
};
