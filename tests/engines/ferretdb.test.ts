import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { ferretDb } from "../support/ferretdb.ts";
import { ferretDbFixture } from "../support/ferretdb-fixture.ts";

describe.skipIf(ferretDb === undefined)("from its module", () => {
  engineContract({ describe, test, expect, beforeAll, afterAll }, ferretDbFixture(ferretDb ?? ""));
});
