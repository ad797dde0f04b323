import { type EmbeddedPostgres, startPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import { createRotatingPool } from "../../../../shared/client/pools/pg/rotating-pool.ts";
import { postgresFixture } from "../../postgres-fixture.ts";
import type { PoolFixture } from "../fixture.ts";
import { postgresMarks } from "./marks.ts";

let postgres: EmbeddedPostgres;
const insert = "WITH marked AS (INSERT INTO marks VALUES ($1)) SELECT current_user AS name";

export const pgFixture: PoolFixture = {
  name: "pg on PostgreSQL",
  engine: postgresFixture("PostgreSQL", async (options) => (postgres = await startPostgres(options))),
  prepare: async () => postgresMarks(postgres),
  open(options) {
    const pool = createRotatingPool(options);
    return {
      async operate(mark) {
        const { rows } = await pool.query<{ name: string }>(insert, [mark]);
        return rows[0]?.name;
      },
      async longWork(mark) {
        const client = await pool.connect();
        await client.query("BEGIN");
        await client.query(insert, [mark]);
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
};
