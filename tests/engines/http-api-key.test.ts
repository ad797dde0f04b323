import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { keyServerFixture } from "../support/key-server-fixture.ts";

engineContract({ describe, test, expect, beforeAll, afterAll }, keyServerFixture);
