import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

engineContract(
  { describe: describe.skipIf(postgres15 === undefined), test, expect, beforeAll, afterAll },
  postgresFixture("PostgreSQL 15", async (options) => startPostgres({ ...options, binaries: postgres15 })),
);
