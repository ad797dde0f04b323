import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { contractTests } from "../support/contract-tests.ts";
import { postgresFixture } from "../support/postgres-fixture.ts";

contractTests(postgresFixture("PostgreSQL 18", startPostgres));
