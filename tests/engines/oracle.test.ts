import { contractTests } from "../support/contract-tests.ts";
import { oracleFixture } from "../support/oracle-fixture.ts";

contractTests(oracleFixture);
