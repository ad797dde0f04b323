import { contractTests } from "../support/contract-tests.ts";
import { iamFixture } from "../support/iam-fixture.ts";

contractTests(iamFixture());
