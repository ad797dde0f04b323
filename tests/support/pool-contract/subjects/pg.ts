import { type EmbeddedPostgres, startPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import { createRotatingPool } from "../../../../shared/client/pools/pg/rotating-pool.ts";
import type { EngineFixture } from "../../../../shared/testing/engine-contract/fixture.ts";
import { authQuery, pooledPostgresFixture, startPooledPostgres } from "../../pooled-postgres.ts";
import { postgres15 } from "../../postgres15.ts";
import { postgresFixture } from "../../postgres-fixture.ts";
import type { PoolFixture } from "../fixture.ts";
import { postgresMarks } from "./marks.ts";

/** A server of a contract, and what else it has than the contract knows. */
export interface PostgresUnderContract {
  readonly engine: EngineFixture;
  postgres(): EmbeddedPostgres;
}

export function directPostgres(): PostgresUnderContract {
  let postgres: EmbeddedPostgres;
  return {
    engine: postgresFixture("PostgreSQL", async (options) => (postgres = await startPostgres(options))),
    postgres: () => postgres,
  };
}

/** Behind a PgBouncer that gives a server connection to each transaction. */
export function pooledPostgres(pgbouncer: string): PostgresUnderContract {
  let postgres: EmbeddedPostgres;
  return {
    engine: {
      ...pooledPostgresFixture("PostgreSQL behind PgBouncer", pgbouncer, { binaries: postgres15 }),
      async start() {
        const pooled = await startPooledPostgres(
          pgbouncer,
          { ...authQuery, poolMode: "transaction" },
          { binaries: postgres15 },
        );
        postgres = pooled.postgres;
        return pooled.server;
      },
    },
    postgres: () => postgres,
  };
}

/** Leaves a mark, and names the user. */
export const markAndName = "WITH marked AS (INSERT INTO marks VALUES ($1)) SELECT session_user AS name";

export const pgFixture = ({ engine, postgres }: PostgresUnderContract): PoolFixture => ({
  name: `pg, ${engine.name}`,
  engine,
  prepare: async () => postgresMarks(postgres()),
  open(options) {
    const pool = createRotatingPool(options);
    return {
      async operate(mark) {
        const { rows } = await pool.query<{ name: string }>(markAndName, [mark]);
        return rows[0]?.name;
      },
      async longWork(mark) {
        const client = await pool.connect();
        await client.query("BEGIN");
        await client.query(markAndName, [mark]);
        return {
          step: async () => void (await client.query("SELECT 1")),
          async finish() {
            await client.query("COMMIT");
            client.release();
          },
        };
      },
      get versionId() {
        return pool.versionId;
      },
      visible: pool,
      close: async () => pool[Symbol.asyncDispose](),
    };
  },
  credentialSettings: ["user", "password", "connectionString"],
  openWith: (options, settings) => createRotatingPool({ ...options, pool: settings }),
});
