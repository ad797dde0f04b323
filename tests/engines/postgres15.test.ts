import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { postgres15 } from "../support/postgres15.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

const fixture = postgresFixture("PostgreSQL 15", async (options) =>
  startPostgres({ ...options, binaries: postgres15 }),
);

describe.skipIf(postgres15 === undefined)("from Debian", () => {
  engineContract({ describe, test, expect, beforeAll, afterAll }, fixture);
});
