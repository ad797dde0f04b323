import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { ferretDb } from "../support/ferretdb.ts";
import { ferretDbFixture } from "../support/ferretdb-fixture.ts";

describe.skipIf(ferretDb === undefined)("from its module", () => {
  contractTests(ferretDbFixture(ferretDb ?? ""), { isSlow: true });
});
