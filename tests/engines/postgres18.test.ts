import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

engineContract({ describe, test, expect, beforeAll, afterAll }, postgresFixture("PostgreSQL 18", startPostgres));
