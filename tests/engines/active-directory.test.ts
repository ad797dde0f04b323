import { describe } from "vitest";
import { sambaDomain } from "../support/active-directory.ts";
import { activeDirectoryFixture } from "../support/active-directory-fixture.ts";
import { contractTests } from "../support/contract-tests.ts";

describe.skipIf(sambaDomain === undefined)("from Debian", () => {
  contractTests(activeDirectoryFixture(sambaDomain ?? ""), { isSlow: true });
});
