import { describe } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { contractTests } from "../support/contract-tests.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

const fixture = postgresFixture("PostgreSQL 15", async (options) =>
  startPostgres({ ...options, binaries: postgres15 }),
);

describe.skipIf(postgres15 === undefined)("from Debian", () => {
  contractTests(fixture);
});
