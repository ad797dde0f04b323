import { describe } from "vitest";
import { contractTests } from "../support/contract-tests.ts";
import { elastiCacheFixture } from "../support/elasticache-fixture.ts";
import { redisServer } from "../support/redis.ts";

describe.skipIf(redisServer === undefined)("from Debian", () => {
  contractTests(elastiCacheFixture(redisServer ?? ""));
});
