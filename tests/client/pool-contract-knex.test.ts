import { describe } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { knexOnMysql, knexOnPostgres } from "../support/pool-contract/subjects/knex.ts";
import { onMariadb } from "../support/pool-contract/subjects/marks.ts";
import { directPostgres } from "../support/pool-contract/subjects/pg.ts";

poolContract(knexOnPostgres(directPostgres()));
describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  poolContract(knexOnMysql(onMariadb(mariadbd ?? "")));
});
