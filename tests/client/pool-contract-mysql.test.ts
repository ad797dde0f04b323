import { afterAll, beforeAll, describe } from "vitest";
import type { EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import { mysqlFixture } from "../support/mysql-engine-fixture.ts";
import { mysqld } from "../support/mysql-servers.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { knexOnMysql } from "../support/pool-contract/subjects/knex.ts";
import { mariadbConnectorFixture } from "../support/pool-contract/subjects/mariadb.ts";
import type { MysqlUnderContract } from "../support/pool-contract/subjects/marks.ts";
import { mysql2Fixture } from "../support/pool-contract/subjects/mysql2.ts";
import { sequelizeOnMysql } from "../support/pool-contract/subjects/sequelize.ts";

describe.skipIf(mysqld === undefined)("MySQL's dual passwords", () => {
  const fixture = mysqlFixture(mysqld ?? "");
  let server: EngineServer | undefined;
  beforeAll(async () => void (server = await fixture.start()), 120_000);
  afterAll(async () => server?.stop());
  /** One server for all. */
  const engine = {
    ...fixture,
    async start(): Promise<EngineServer> {
      if (server === undefined) throw new Error("the server did not start");
      return { ...server, stop: async () => undefined };
    },
  };
  const variant = { strategy: "dual-password", usesAdmin: true } as const;
  const byAdmin: MysqlUnderContract = { engine, variants: [variant] };
  const byBoth: MysqlUnderContract = { engine, variants: [variant, { ...variant, usesAdmin: false }] };

  poolContract(mysql2Fixture(byBoth));
  poolContract(mariadbConnectorFixture(byAdmin));
  poolContract(knexOnMysql(byAdmin));
  poolContract(sequelizeOnMysql(byAdmin, "mysql"));
});
