import { contractTests } from "../support/contract-tests.ts";
import { redshiftDialectFixture } from "../support/redshift-on-postgres.ts";

contractTests(redshiftDialectFixture);
