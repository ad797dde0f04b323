import { createRotatingPool } from "../../../../shared/client/pools/mariadb/rotating-pool.ts";
import type { PoolFixture } from "../fixture.ts";
import { mysqlMarks, type MysqlUnderContract, nameOf } from "./marks.ts";

export const mariadbConnectorFixture = (on: MysqlUnderContract): PoolFixture => ({
  name: `mariadb, ${on.engine.name}`,
  ...on,
  prepare: async (server) => mysqlMarks(server),
  open(options) {
    const pool = createRotatingPool(options);
    return {
      async operate(mark) {
        const [row] = await pool.query<{ name: string }[]>(nameOf(mark));
        return row?.name;
      },
      async longWork(mark) {
        const connection = await pool.getConnection();
        await connection.beginTransaction();
        await connection.query(nameOf(mark));
        return {
          step: async () => void (await connection.query("SELECT 1")),
          async finish() {
            await connection.commit();
            await connection.release();
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
  credentialSettings: ["user", "password"],
  openWith: (options, settings) => createRotatingPool({ ...options, pool: settings }),
});
