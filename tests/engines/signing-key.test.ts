import { contractTests } from "../support/contract-tests.ts";
import { signingKeyFixture } from "../support/signing-key-fixture.ts";

contractTests(signingKeyFixture);
