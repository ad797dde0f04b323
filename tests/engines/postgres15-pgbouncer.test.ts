import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { pgbouncer } from "../support/pgbouncer.ts";
import { pooledPostgresFixture } from "../support/pooled-postgres.ts";
import { postgres15 } from "../support/postgres15.ts";

const name = "PostgreSQL 15 behind PgBouncer";

describe.skipIf(pgbouncer === undefined || postgres15 === undefined)("from Debian", () => {
  contractTests(pooledPostgresFixture(name, pgbouncer ?? "", { binaries: postgres15 }));
});
