import type { RowDataPacket } from "mysql2/promise";
import { createRotatingPool } from "../../../../shared/client/pools/mysql2/rotating-pool.ts";
import type { PoolFixture } from "../fixture.ts";
import { mysqlMarks, type MysqlUnderContract, nameOf } from "./marks.ts";

export const mysql2Fixture = (on: MysqlUnderContract): PoolFixture => ({
  name: `mysql2, ${on.engine.name}`,
  ...on,
  prepare: async (server) => mysqlMarks(server),
  open(options) {
    const pool = createRotatingPool(options);
    const promises = pool.promise();
    return {
      async operate(mark) {
        const [rows] = await promises.query<RowDataPacket[]>(nameOf(mark));
        return String(rows[0]?.["name"]);
      },
      async longWork(mark) {
        const connection = await promises.getConnection();
        await connection.beginTransaction();
        await connection.query(nameOf(mark));
        return {
          step: async () => void (await connection.query("SELECT 1")),
          async finish() {
            await connection.commit();
            connection.release();
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
  credentialSettings: ["user", "password", "password1", "passwordSha1", "uri"],
  openWith: (options, settings) => createRotatingPool({ ...options, pool: settings }),
});
