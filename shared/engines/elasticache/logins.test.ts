import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisUsers } from "../../../local/elasticache/redis-users.ts";
import { cacheUserRotation } from "../../../tests/support/cache-user-rotation.ts";
import { type CacheUsersApi, startCacheUsersApi } from "../../../tests/support/cache-users-api.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type RedisUnderTest, redisServer, startRedis } from "../../../tests/support/redis.ts";

const first = "canary-first-3f6a0b9d";
const others = "canary-of-another-team-1";

describe.skipIf(redisServer === undefined)("where the secret names its server, logins decide", () => {
  let redis: RedisUnderTest;
  let api: CacheUsersApi;
  let serial = 0;

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    const { host, port, superuser } = redis;
    api = await startCacheUsersApi(port, redisUsers({ host, port, ...superuser }));
  });
  afterAll(async () => {
    await api?.stop();
    await redis?.stop();
  });

  async function secret(): Promise<{ readonly user_arn: string; readonly username: string }> {
    const username = `app-${++serial}`;
    const user_arn = await api.create({ username, password: first });
    const { host, port } = redis;
    return { ...{ engine: "elasticache", host, port, ssl: false, password: first }, username, user_arn };
  }
  const refusedLogins = async (): Promise<number> =>
    ((await redis.admin("ACL", "LOG", "1000")) as readonly { reason: string; count: number }[])
      .filter(({ reason }) => reason === "auth")
      .reduce((sum, { count }) => sum + count, 0);

  test("three rotations without one refused login; a retirement proves itself by one", async () => {
    const rotation = cacheUserRotation(api.users, await secret());
    const before = await refusedLogins();
    for (const version of ["v1", "v2", "v3"]) await rotation.rotate(version);
    expect(await refusedLogins()).toBe(before);
    await rotation.run("retirePrevious", "v3");
    expect(await refusedLogins()).toBe(before + 1);
  });

  test("a second password that no version holds is not taken off: the rotation is refused and both still log in", async () => {
    const value = await secret();
    await api.change(value.user_arn, { Passwords: [first, others] });
    const rotation = cacheUserRotation(api.users, value);
    await expect(rotation.rotate("v1")).rejects.toMatchObject({
      code: "account-unsupported",
      context: { property: "second password" },
    });
    expect([await redis.accepts(value.username, first), await redis.accepts(value.username, others)]).toEqual([
      true,
      true,
    ]);
  });

  test("a second password of a first rotation that was given up is the secret's own, and makes room", async () => {
    const value = await secret();
    const rotation = cacheUserRotation(api.users, value);
    rotation.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await rotation.run(step);
    const abandoned = rotation.passwordAt("AWSPENDING");
    await rotation.rotate("v2");
    expect([
      await redis.accepts(value.username, abandoned),
      await redis.accepts(value.username, first),
      await redis.accepts(value.username, rotation.passwordAt("AWSCURRENT")),
    ]).toEqual([false, true, true]);
  });

  test("a new password that somebody took off before testSecret: the rotation is rolled back, and the old one logs in", async () => {
    const value = await secret();
    const rotation = cacheUserRotation(api.users, value);
    rotation.store.beginRotation("v1");
    for (const step of ["createSecret", "setSecret"] as const) await rotation.run(step);
    await api.change(value.user_arn, { Passwords: [first] });
    await expect(rotation.run("testSecret")).rejects.toMatchObject({ code: "credential-refused" });
    expect(rotation.store.versionIdOf("AWSPENDING")).toBeUndefined();
    expect(await redis.accepts(value.username, first)).toBe(true);
  });

  test("a value that somebody put and that does not log in is never installed: AWSPREVIOUS proves the user", async () => {
    const value = await secret();
    const rotation = cacheUserRotation(api.users, value);
    await rotation.rotate("v1");
    const good = rotation.passwordAt("AWSCURRENT");
    const invented = "canary-invented-01234";
    const text = rotation.store.labelled("AWSCURRENT")?.value.reveal() ?? "";
    rotation.store.putByHand("hand", new SecretValue(text.replace(good, invented)));
    await rotation.rotate("v2");
    expect([
      await redis.accepts(value.username, invented),
      await redis.accepts(value.username, rotation.passwordAt("AWSCURRENT")),
    ]).toEqual([false, true]);
  });

  test("when no version logs in a human is called, and the service's user is not changed", async () => {
    const value = await secret();
    const rotation = cacheUserRotation(api.users, value);
    await api.change(value.user_arn, { Passwords: [others] });
    await expect(rotation.rotate("v1")).rejects.toMatchObject({
      code: "credential-orphaned",
      hint: expect.stringContaining("user group"),
    });
    expect(await redis.accepts(value.username, others)).toBe(true);
  });
});
