import { contractTests } from "../support/contract-tests.ts";
import { sqlserverFixture } from "../support/sqlserver-fixture.ts";

contractTests(sqlserverFixture);
