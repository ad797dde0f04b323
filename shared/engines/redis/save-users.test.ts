import { describe, expect, test } from "vitest";
import { redisServer, startRedis } from "../../../tests/support/redis.ts";
import { call, credential, redisEngineStage, targetOf } from "../../../tests/support/redis-engine-stage.ts";

const { open, unsaved } = redisEngineStage();

describe.skipIf(redisServer === undefined)("on a real Redis without an ACL file", () => {
  test("the change is kept in the configuration file", async () => {
    const redis = await startRedis(redisServer ?? "", { users: "config-file" });
    try {
      await redis.admin("ACL", "SETUSER", "app", "on", ">before");
      {
        await using session = await open(
          targetOf(redis),
          credential(redis.superuser.username, redis.superuser.password),
        );
        await session.keepOnly(credential("app", "after"), call);
      }
      await redis.restart();
      expect([await redis.accepts("app", "after"), unsaved]).toEqual([true, []]);
    } finally {
      await redis.stop();
    }
  });

  test("a file of users that cannot be written is reported, and the change is in force", async () => {
    const redis = await startRedis(redisServer ?? "");
    try {
      await redis.admin("ACL", "SETUSER", "app", "on", ">before");
      await redis.loseAclFile();
      await using session = await open(targetOf(redis), credential(redis.superuser.username, redis.superuser.password));
      await session.keepOnly(credential("app", "after"), call);
      expect(unsaved).toMatchObject([{ code: "change-until-restart", hint: expect.stringContaining("cannot write") }]);
      expect(await redis.accepts("app", "after")).toBe(true);
    } finally {
      unsaved.length = 0;
      await redis.stop();
    }
  });

  test("a change that the next restart undoes is reported", async () => {
    const redis = await startRedis(redisServer ?? "", { users: "none" });
    try {
      await redis.admin("ACL", "SETUSER", "app", "on", ">before");
      await using session = await open(targetOf(redis), credential(redis.superuser.username, redis.superuser.password));
      await session.keepOnly(credential("app", "after"), call);
      expect(unsaved).toMatchObject([{ code: "change-until-restart", host: redis.host, user: "app" }]);
      expect(await redis.accepts("app", "after")).toBe(true);
    } finally {
      unsaved.length = 0;
      await redis.stop();
    }
  });
});
