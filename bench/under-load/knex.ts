import knex, { type Knex } from "knex";
import { createRotatingPool as createMysqlPool } from "../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import type { Product } from "./load.ts";
import { mariadb } from "./mariadb.ts";
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

/** Each connection is used once, so that the next query needs another login. */
export function knexOnMariadb(binary: string): Product {
  const on = mariadb(binary);
  return {
    ...on,
    fixture: { ...on.fixture, name: "Knex on MariaDB" },
    rotating(client, secretId, connectionLimit) {
      const pool = createMysqlPool({ client, secretId, pool: { connectionLimit } });
      const db = knex({ client: "mysql2", connectionPool: pool as unknown as Knex.MySQLPoolLike });
      return pooled(
        pool,
        async () => {
          const connection: unknown = await db.client.acquireConnection();
          try {
            await db.raw("SELECT 1").connection(connection);
          } finally {
            Reflect.get(Object(connection) as object, "destroy").call(connection);
          }
        },
        async () => pool.promise().end(),
      );
    },
  };
}
