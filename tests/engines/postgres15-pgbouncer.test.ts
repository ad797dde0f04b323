import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { pgbouncer } from "../support/pgbouncer.ts";
import { pooledPostgresFixture } from "../support/pooled-postgres.ts";
import { postgres15 } from "../support/postgres15.ts";

const name = "PostgreSQL 15 behind PgBouncer";

describe.skipIf(pgbouncer === undefined || postgres15 === undefined)("from Debian", () => {
  engineContract(
    { describe, test, expect, beforeAll, afterAll },
    pooledPostgresFixture(name, pgbouncer ?? "", { binaries: postgres15 }),
  );
});
