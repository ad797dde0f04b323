import { describe } from "vitest";
import { pgbouncer } from "../support/pgbouncer.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { directPostgres, pooledPostgres } from "../support/pool-contract/subjects/pg.ts";
import { postgresJsFixture } from "../support/pool-contract/subjects/postgres-js.ts";
import { postgres15 } from "../support/postgres15.ts";

poolContract(postgresJsFixture(directPostgres()));
describe.skipIf(pgbouncer === undefined || postgres15 === undefined)("behind a pooler", () => {
  poolContract(postgresJsFixture(pooledPostgres(pgbouncer ?? ""), { prepare: false }));
});
