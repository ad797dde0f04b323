import { contractTests } from "../support/contract-tests.ts";
import { keyServerFixture } from "../support/key-server-fixture.ts";

contractTests(keyServerFixture);
