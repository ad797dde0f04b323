import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContract } from "../../shared/testing/engine-contract/contract.ts";
import { redisServer } from "../support/redis.ts";
import { redisFixture } from "../support/redis-fixture.ts";

engineContract(
  { describe: describe.skipIf(redisServer === undefined), test, expect, beforeAll, afterAll },
  redisFixture(redisServer ?? ""),
);
