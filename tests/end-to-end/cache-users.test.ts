import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CacheUserSecret, type CacheUserStage, startCacheUserStage } from "../support/cache-user-stage.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";

describe.skipIf(redisServer === undefined)("the deployed function, on users of both services", () => {
  let stage: CacheUserStage;
  let redis: RedisUnderTest;
  let ofElastiCache: CacheUserSecret;
  let ofMemoryDb: CacheUserSecret;
  let functionArn = "";

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    const { host, port, superuser } = redis;
    stage = await startCacheUserStage({ cacheServer: { host, port, ...superuser } });
    ofElastiCache = await stage.elastiCacheUser("orders");
    ofMemoryDb = await stage.memoryDbUser("ledger");
    const parameters = {
      CacheUserArns: `${ofElastiCache.user_arn},${ofMemoryDb.user_arn}`,
      CacheUserGrants: `cache/orders=${ofElastiCache.user_arn},cache/ledger=${ofMemoryDb.user_arn}`,
    };
    functionArn = (await stage.stack.deploy({ parameters })).outputs["RotateElasticacheArn"] ?? "";
  });
  afterAll(async () => {
    await stage?.stop();
    await redis?.stop();
  });

  test.each([
    ["ElastiCache, with its server, where logins are tried", "orders", true],
    ["MemoryDB, without one", "ledger", false],
  ])("%s: the old and the new password log in", async (_what, username, hasServer) => {
    const user = username === "orders" ? ofElastiCache : ofMemoryDb;
    const server = hasServer ? { host: redis.host, port: redis.port, ssl: false } : {};
    const secretId = await stage.create(`cache/${username}`, { ...user, ...server });
    const rotated = await stage.rotate(secretId, functionArn);
    expect(rotated).toEqual({ ...user, ...server, password: rotated.password });
    expect(rotated.password).not.toBe(user.password);
    expect([await redis.accepts(username, user.password), await redis.accepts(username, rotated.password)]).toEqual([
      true,
      true,
    ]);
  });
});
