import mysql from "mysql2/promise";
import { createRotatingPool } from "../../shared/client/pools/mysql2/rotating-pool.ts";
import { mariadbFixture } from "../../tests/support/mariadb-fixture.ts";
import type { Product } from "./load.ts";

export const mariadb = (binary: string): Product => ({
  fixture: mariadbFixture(binary, ["--max-connections=300"]),
  rotating(client, secretId, connectionLimit) {
    const pool = createRotatingPool({ client, secretId, pool: { connectionLimit } });
    const promises = pool.promise();
    return {
      async query() {
        const connection = await promises.getConnection();
        try {
          await connection.query("SELECT 1");
        } finally {
          connection.destroy();
        }
      },
      get recovered() {
        return pool.refusedLogins;
      },
      end: async () => promises.end(),
    };
  },
  async queryAs({ host, port = 3306, username, password }) {
    const connection = await mysql.createConnection({ host, port, user: username, password: password.reveal() });
    try {
      await connection.query("SELECT 1");
    } finally {
      connection.destroy();
    }
  },
});
