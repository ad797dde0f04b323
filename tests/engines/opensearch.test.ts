import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { opensearchServer } from "../support/opensearch.ts";
import { opensearchFixture } from "../support/opensearch-fixture.ts";

describe.skipIf(opensearchServer === undefined)("from Maven", () => {
  contractTests(opensearchFixture(opensearchServer ?? ""), { isSlow: true });
});
