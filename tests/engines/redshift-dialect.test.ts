import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { redshiftDialectFixture } from "../support/redshift-on-postgres.ts";

engineContract({ describe, test, expect, beforeAll, afterAll }, redshiftDialectFixture);
