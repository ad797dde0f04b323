import { describe } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { onMariadb } from "../support/pool-contract/subjects/marks.ts";
import { sequelizeOnMysql, sequelizeOnPostgres } from "../support/pool-contract/subjects/sequelize.ts";

poolContract(sequelizeOnPostgres());
describe.skipIf(mariadbd === undefined).each(["mysql", "mariadb"] as const)("the %s dialect", (dialect) => {
  poolContract(sequelizeOnMysql(onMariadb(mariadbd ?? ""), dialect));
});
