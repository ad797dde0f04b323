import { describe } from "vitest";
import { ferretDb } from "../support/ferretdb.ts";
import { poolContract } from "../support/pool-contract/contract.ts";
import { ioredisFixture } from "../support/pool-contract/subjects/ioredis.ts";
import { mongodbFixture } from "../support/pool-contract/subjects/mongodb.ts";
import { redisServer } from "../support/redis.ts";

describe.skipIf(redisServer === undefined)("Redis", () => {
  poolContract(ioredisFixture(redisServer ?? ""));
});
describe.skipIf(ferretDb === undefined)("FerretDB", () => {
  poolContract(mongodbFixture(ferretDb ?? ""));
});
