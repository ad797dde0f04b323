import mysql from "mysql2/promise";
import { QueryTypes } from "sequelize";
import { createRotatingPool as createConnectorPool } from "../../shared/client/pools/mariadb/rotating-pool.ts";
import { createRotatingPool } from "../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingSequelize } from "../../shared/client/pools/sequelize/rotating-sequelize.ts";
import { mariadbFixture } from "../../tests/support/mariadb-fixture.ts";
import type { Product } from "./load.ts";
import { pooled } from "./services.ts";

const queryAs: Product["queryAs"] = async ({ host, port = 3306, username, password }) => {
  const connection = await mysql.createConnection({ host, port, user: username, password: password.reveal() });
  try {
    await connection.query("SELECT 1");
  } finally {
    connection.destroy();
  }
};

interface Connection {
  query(statement: string): Promise<unknown>;
  destroy(): void;
}

/** On a connection that is used once, so that the next query needs another login. */
async function queryOnce(pool: { getConnection(): Promise<Connection> }): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.query("SELECT 1");
  } finally {
    connection.destroy();
  }
}

export const mariadb = (binary: string): Product => ({
  fixture: mariadbFixture(binary, ["--max-connections=300"]),
  rotating(client, secretId, connectionLimit) {
    const pool = createRotatingPool({ client, secretId, pool: { connectionLimit } });
    const promises = pool.promise();
    return pooled(
      pool,
      async () => queryOnce(promises),
      async () => promises.end(),
    );
  },
  queryAs,
});

/** By the `mariadb` connector. */
export const mariadbConnector = (binary: string): Product => ({
  fixture: { ...mariadbFixture(binary, ["--max-connections=300"]), name: "MariaDB by its connector" },
  rotating(client, secretId, connectionLimit) {
    const pool = createConnectorPool({ client, secretId, pool: { connectionLimit } });
    return pooled(
      pool,
      async () => queryOnce(pool),
      async () => pool.end(),
    );
  },
  queryAs,
});

/** By Sequelize, whose pool closes each connection after one query. */
export const mariadbBySequelize = (binary: string): Product => ({
  fixture: { ...mariadbFixture(binary, ["--max-connections=300"]), name: "Sequelize on MariaDB" },
  rotating(client, secretId, max) {
    const sequelize = createRotatingSequelize({
      client,
      secretId,
      sequelize: {
        dialect: "mariadb",
        logging: false,
        pool: { max, maxUses: 1 },
        // The connector gives up after 1 s, which a busy machine may need for a login.
        dialectOptions: { connectTimeout: 10_000 },
      },
    });
    return pooled(
      sequelize,
      async () => sequelize.query("SELECT 1", { type: QueryTypes.SELECT }),
      async () => sequelize.close(),
    );
  },
  queryAs,
});
