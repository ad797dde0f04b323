import pg from "pg";
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { EngineFixture, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { type PgBouncer, type PgBouncerOptions, startPgbouncer } from "./pgbouncer.ts";
import { postgresFixture } from "./postgres-fixture.ts";

/** What an operator makes once on the server, so that PgBouncer can look passwords up as the user `pgbouncer`. */
const lookup = [
  "CREATE ROLE pgbouncer LOGIN PASSWORD 'of-the-pooler'",
  "CREATE SCHEMA pgbouncer AUTHORIZATION postgres",
  `CREATE FUNCTION pgbouncer.get_auth(username text) RETURNS TABLE (username name, password text)
     LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
     AS 'SELECT rolname, rolpassword FROM pg_authid WHERE rolname = $1 AND rolcanlogin'`,
  "REVOKE ALL ON FUNCTION pgbouncer.get_auth(text) FROM public",
  "GRANT USAGE ON SCHEMA pgbouncer TO pgbouncer",
  "GRANT EXECUTE ON FUNCTION pgbouncer.get_auth(text) TO pgbouncer",
];

/** PgBouncer's settings for it. */
export const authQuery = {
  users: { pgbouncer: "of-the-pooler" },
  settings: { auth_user: "pgbouncer", auth_query: "SELECT username, password FROM pgbouncer.get_auth($1)" },
} as const satisfies Partial<PgBouncerOptions>;

export interface PooledPostgres {
  readonly postgres: EmbeddedPostgres;
  readonly pooler: PgBouncer;
  /** As the stage takes it: its port is the pooler's, and who is let in is what the pooler says. */
  readonly server: EngineServer;
}

/** A PostgreSQL with a PgBouncer before it; the certificate is the pooler's. */
export async function startPooledPostgres(
  binary: string,
  options: Omit<PgBouncerOptions, "serverPort">,
  postgresOptions: PostgresOptions,
): Promise<PooledPostgres> {
  const postgres = await startPostgres(postgresOptions);
  for (const statement of lookup) await postgres.admin(statement);
  const pooler = await startPgbouncer(binary, {
    databases: { postgres: `host=127.0.0.1 port=${postgres.port}` },
    ...options,
    serverPort: postgres.port,
  });
  const direct = await postgresFixture("direct", async () => postgres).start();
  const { host, port } = pooler;
  return {
    postgres,
    pooler,
    server: {
      ...direct,
      host,
      port,
      async accepts({ username, password }) {
        const client = new pg.Client({ host, port, database: "postgres", user: username, password });
        client.on("error", () => undefined);
        const outcome = await client.connect().catch((error: unknown) => error);
        if (outcome !== undefined && outcome instanceof Error) return false;
        await client.end();
        return true;
      },
      logs: async () => [await direct.logs(), await pooler.log()].join("\n"),
      failedLogins: async () =>
        (await direct.failedLogins()) +
        (await pooler.log()).split("\n").filter((line) => / postgres\/.* authentication failed /.test(line)).length,
      async stop() {
        await pooler.stop();
        await postgres.stop();
      },
    },
  };
}

const withoutPooler = "it is of the strategies and the store; tried without a pooler";

/** PostgreSQL behind a PgBouncer that looks passwords up and gives a server connection to each transaction. */
export function pooledPostgresFixture(name: string, binary: string, postgresOptions: PostgresOptions): EngineFixture {
  const fixture = postgresFixture(name, startPostgres);
  const settings = { ...authQuery.settings, server_idle_timeout: "3" };
  return {
    ...fixture,
    variants: [
      { strategy: "single-user", usesAdmin: false },
      { strategy: "alternating-users", usesAdmin: true },
    ],
    exemptions: [
      { clause: "healthy", reason: "one connection more, which asks the pooler; tests/field/pgbouncer.test.ts counts" },
      { clause: "nothing-else-changed", reason: withoutPooler },
      { clause: "busy", reason: "the pooler goes on with the connections that it has" },
      { clause: "read-only", reason: "the pooler goes on with the connections that it has" },
      { clause: "unknown-database", reason: "for a database that it does not list, PgBouncer refuses every password" },
      { clause: "given-up", reason: withoutPooler },
      { clause: "tampered", reason: withoutPooler },
      { clause: "rolled-back", reason: withoutPooler },
      { clause: "retired", reason: withoutPooler },
      { clause: "held", reason: "the pooler gives an idle client's connection to the server back" },
    ],
    start: async (certificate) =>
      (
        await startPooledPostgres(
          binary,
          { ...authQuery, settings, poolMode: "transaction", ...(certificate === undefined ? {} : { certificate }) },
          { ...postgresOptions, settings: { max_connections: "500" } },
        )
      ).server,
  };
}
