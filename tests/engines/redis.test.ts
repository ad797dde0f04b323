import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { redisServer } from "../support/redis.ts";
import { redisFixture } from "../support/redis-fixture.ts";

describe.skipIf(redisServer === undefined)("from Debian", () => {
  engineContract({ describe, test, expect, beforeAll, afterAll }, redisFixture(redisServer ?? ""));
});
