import pg from "pg";
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { redshiftEngine } from "../../shared/engines/redshift/redshift-engine.ts";
import { alternatingUsers } from "../../shared/rotation/strategies/alternating-users.ts";
import { singleUser } from "../../shared/rotation/strategies/single-user.ts";
import type { EngineFixture } from "../../shared/testing/engine-contract/fixture.ts";
import { postgresFixture } from "./postgres-fixture.ts";

/** PostgreSQL 18 that asks for passwords as Redshift does, with those of Redshift's views that rekey reads. */
export async function startPostgresAsRedshift(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres(options);
  const [hba] = await postgres.admin<{ hba_file: string }>("SHOW hba_file");
  await postgres.admin(`COPY (SELECT 'host all all all md5') TO ${pg.escapeLiteral(hba?.hba_file ?? "")}`);
  await postgres.admin("SELECT pg_reload_conf()");
  await postgres.admin(
    `SET allow_system_table_mods = on;
     CREATE VIEW pg_catalog.pg_user_info AS SELECT rolname AS usename, rolsuper AS usesuper, rolconfig AS useconfig,
            CASE rolconnlimit WHEN -1 THEN 'UNLIMITED' ELSE rolconnlimit::text END AS useconnlimit
       FROM pg_roles WHERE rolcanlogin`,
  );
  await postgres.admin(
    `SET allow_system_table_mods = on;
     CREATE VIEW pg_catalog.svv_user_grants AS SELECT ''::text AS user_name, ''::text AS role_name LIMIT 0;
     GRANT SELECT ON pg_catalog.pg_user_info, pg_catalog.svv_user_grants TO PUBLIC`,
  );
  return postgres;
}

const engine = redshiftEngine();
const base = postgresFixture("Redshift's dialect, on PostgreSQL 18", startPostgresAsRedshift);

export const redshiftDialectFixture: EngineFixture = {
  ...base,
  engine,
  strategies: { "single-user": singleUser(engine), "alternating-users": alternatingUsers(engine) },
  exemptions: [
    { clause: "locked", reason: "PostgreSQL 8 has no lock_timeout: a lock that is not free ends as database-timeout" },
    { clause: "expired", reason: "an expired user is refused in the words of a wrong password" },
  ],
  async start(certificate) {
    const server = await base.start(certificate);
    return { ...server, fields: { ...server.fields, engine: "redshift" } };
  },
};
