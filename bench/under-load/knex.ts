import knex from "knex";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import type { Product } from "./load.ts";
import { postgres } from "./postgres.ts";
import { pooled } from "./services.ts";

export const knexOnPostgres: Product = {
  ...postgres,
  fixture: { ...postgres.fixture, name: "Knex on PostgreSQL 18" },
  rotating(client, secretId, max) {
    const pool = createRotatingPool({ client, secretId, pool: { max, maxUses: 1 } });
    const db = knex({ client: "pg", connectionPool: pool });
    return pooled(
      pool,
      async () => db.raw("SELECT 1"),
      async () => pool.end(),
    );
  },
};
