import pg from "pg";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createRotatingPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import { createRotatingSequelize } from "../../shared/client/pools/sequelize/rotating-sequelize.ts";
import { postgresFixture } from "../../tests/support/postgres-fixture.ts";
import type { Product } from "./load.ts";
import { pooled } from "./services.ts";

const fixtureOf = (name: string): Product["fixture"] =>
  postgresFixture(name, async (options) => startPostgres({ ...options, settings: { max_connections: "300" } }));

export const postgres: Product = {
  fixture: fixtureOf("PostgreSQL 18"),
  rotating(client, secretId, max) {
    const pool = createRotatingPool({ client, secretId, pool: { max, maxUses: 1 } });
    return pooled(
      pool,
      async () => pool.query("SELECT 1"),
      async () => pool.end(),
    );
  },
  async queryAs({ host, port = 5432, dbname = "postgres", username, password }) {
    const connection = new pg.Client({ host, port, database: dbname, user: username, password: password.reveal() });
    try {
      await connection.connect();
      await connection.query("SELECT 1");
    } finally {
      await connection.end();
    }
  },
};

/** By Sequelize, whose pool closes each connection after one query. */
export const postgresBySequelize: Product = {
  fixture: fixtureOf("Sequelize on PostgreSQL 18"),
  rotating(client, secretId, max) {
    const sequelize = createRotatingSequelize({
      client,
      secretId,
      sequelize: { dialect: "postgres", logging: false, pool: { max, maxUses: 1 } },
    });
    return pooled(
      sequelize,
      async () => sequelize.query("SELECT 1"),
      async () => sequelize.close(),
    );
  },
  queryAs: postgres.queryAs,
};
