import { createRotatingSql } from "../../shared/client/pools/postgres/rotating-sql.ts";
import type { Product } from "./load.ts";
import { postgres } from "./postgres.ts";
import { pooled } from "./services.ts";

/** Connections live as long as a query or two, so that logins go on all the time. */
const lifetimeS = 0.02;

export const postgresJs: Product = {
  ...postgres,
  fixture: { ...postgres.fixture, name: "postgres.js on PostgreSQL 18" },
  rotating(client, secretId, max) {
    const sql = createRotatingSql({ client, secretId, postgres: { max, max_lifetime: lifetimeS } });
    return pooled(
      sql,
      async () => sql`SELECT 1`,
      async () => sql.end(),
    );
  },
};
