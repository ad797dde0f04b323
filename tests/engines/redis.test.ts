import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { redisServer } from "../support/redis.ts";
import { redisFixture } from "../support/redis-fixture.ts";

describe.skipIf(redisServer === undefined)("from Debian", () => {
  contractTests(redisFixture(redisServer ?? ""));
});
