import { QueryTypes } from "sequelize";
import { startPostgres, type EmbeddedPostgres } from "../../../../local/postgres/embedded-postgres.ts";
import type { Settings } from "../../../../shared/client/pools/sequelize/login-settings.ts";
import { createRotatingSequelize } from "../../../../shared/client/pools/sequelize/rotating-sequelize.ts";
import { postgresFixture } from "../../postgres-fixture.ts";
import type { PoolFixture } from "../fixture.ts";
import { mysqlMarks, type MysqlUnderContract, nameOf, postgresMarks } from "./marks.ts";

type Opening = Pick<PoolFixture, "open" | "openWith" | "credentialSettings">;

const opening = (sequelize: Settings, operation: (mark: string) => string): Opening => ({
  open(options) {
    const service = createRotatingSequelize({ ...options, sequelize: { logging: false, ...sequelize } });
    return {
      async operate(mark) {
        const [row] = await service.query<{ name: string }>(operation(mark), { type: QueryTypes.SELECT });
        return row?.name;
      },
      async longWork(mark) {
        const transaction = await service.transaction();
        // Without a type Sequelize 6 fails on rows of the connector's third major version.
        await service.query(operation(mark), { transaction, type: QueryTypes.SELECT });
        return {
          step: async () => void (await service.query("SELECT 1", { transaction, type: QueryTypes.SELECT })),
          finish: async () => transaction.commit(),
        };
      },
      get versionId() {
        return service.versionId;
      },
      visible: service,
      close: async () => service.close(),
    };
  },
  credentialSettings: ["username", "password"],
  openWith: (options, settings) => createRotatingSequelize({ ...options, sequelize: { ...sequelize, ...settings } }),
});

export function sequelizeOnPostgres(): PoolFixture {
  let postgres: EmbeddedPostgres;
  return {
    name: "Sequelize on PostgreSQL",
    engine: postgresFixture("PostgreSQL", async (options) => (postgres = await startPostgres(options))),
    prepare: async () => postgresMarks(postgres),
    ...opening(
      { dialect: "postgres" },
      (mark) => `WITH marked AS (INSERT INTO marks VALUES ('${mark}')) SELECT session_user AS name`,
    ),
  };
}

export const sequelizeOnMysql = (on: MysqlUnderContract, dialect: "mysql" | "mariadb"): PoolFixture => ({
  name: `Sequelize's ${dialect} dialect, ${on.engine.name}`,
  ...on,
  prepare: async (server) => mysqlMarks(server),
  ...opening({ dialect }, nameOf),
});
