import { describe } from "vitest";
import { mariadbd } from "../support/mysql-servers.ts";
import { pgbouncer } from "../support/pgbouncer.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { onMariadb } from "../support/pool-contract/subjects/marks.ts";
import { mysql2Fixture } from "../support/pool-contract/subjects/mysql2.ts";
import { directPostgres, pgFixture, pooledPostgres } from "../support/pool-contract/subjects/pg.ts";
import { redisConnectionFixture } from "../support/pool-contract/subjects/redis.ts";
import { postgres15 } from "../support/postgres15.ts";
import { redisServer } from "../support/redis.ts";

poolContract(pgFixture(directPostgres()));
describe.skipIf(pgbouncer === undefined || postgres15 === undefined)("behind a pooler", () => {
  poolContract(pgFixture(pooledPostgres(pgbouncer ?? "")));
});
describe.skipIf(mariadbd === undefined)("MariaDB", () => {
  poolContract(mysql2Fixture(onMariadb(mariadbd ?? "")));
});
describe.skipIf(redisServer === undefined)("Redis", () => {
  poolContract(redisConnectionFixture(redisServer ?? ""));
});
