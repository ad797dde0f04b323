import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest, startRedis } from "../../../tests/support/redis.ts";
import { call, credential, redisEngineStage, targetOf } from "../../../tests/support/redis-engine-stage.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";

const { engine, open, unsaved } = redisEngineStage();

describe.skipIf(redisServer === undefined)("on a real Redis with an ACL file", () => {
  let redis: RedisUnderTest;
  let target: DatabaseTarget;
  const root = (): Credential => credential(redis.superuser.username, redis.superuser.password);
  const setUser = async (user: string, ...rules: readonly string[]) => redis.admin("ACL", "SETUSER", user, ...rules);

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    target = targetOf(redis);
    await setUser("rotator", "on", ">rotator", "-@all", "+acl|setuser", "+acl|getuser", "+acl|save");
  });
  afterAll(async () => redis.stop());

  test("a wrong password, an unknown user and a user that is off are results", async () => {
    await setUser("off", "off", ">p");
    for (const who of [credential("root", "wrong"), credential("nobody", "p"), credential("off", "p")]) {
      await expect(engine.login(target, who, call)).resolves.toEqual({ ok: false, refusal: "bad-credential" });
    }
  });

  test("the least rights that the documentation names suffice, and both passwords log in until one is kept", async () => {
    await setUser("app", "on", ">before", "~app:*", "+@read");
    await redis.admin("ACL", "LOG", "RESET");
    {
      await using session = await open(target, credential("rotator", "rotator"));
      await session.keepBoth(credential("app", "before"), credential("app", "after"), call);
    }
    expect([await redis.accepts("app", "before"), await redis.accepts("app", "after")]).toEqual([true, true]);
    {
      await using session = await open(target, credential("rotator", "rotator"));
      await session.keepOnly(credential("app", "after"), call);
    }
    expect([await redis.accepts("app", "after"), await redis.admin("ACL", "LOG")]).toEqual([true, []]);
    expect(await redis.accepts("app", "before")).toBe(false);
    expect(unsaved).toEqual([]);
  });

  test("rights stay, the password before the last two ends, and the change outlives a restart", async () => {
    await setUser("kept", "on", ">one", "~k:*", "&c", "-@all", "+get", "(~s:* +set)");
    const rulesOf = async (): Promise<unknown> => {
      const { commands, keys, channels, selectors } = (await redis.admin("ACL", "GETUSER", "kept")) as Record<
        string,
        unknown
      >;
      return { commands, keys, channels, selectors };
    };
    const before = await rulesOf();
    {
      await using session = await open(target, root());
      await session.keepBoth(credential("kept", "one"), credential("kept", "two"), call);
      await session.keepBoth(credential("kept", "two"), credential("kept", "three"), call);
      await session.keepBoth(credential("kept", "two"), credential("kept", "three"), call);
    }
    await redis.restart();
    const accepted = await Promise.all(
      ["one", "two", "three", "anything"].map(async (password) => redis.accepts("kept", password)),
    );
    expect(accepted).toEqual([false, true, true, false]);
    expect(await rulesOf()).toEqual(before);
  });

  test.each([
    ["a missing user", []],
    ["a user that is off", ["off", ">p"]],
  ])("%s is not made and not changed", async (_what, rules) => {
    if (rules.length > 0) await setUser("ghost", ...rules);
    await using session = await open(target, root());
    await expect(session.keepOnly(credential("ghost", "p"), call)).rejects.toMatchObject({
      code: "credential-refused",
    });
    expect(await redis.accepts("ghost", "p")).toBe(false);
    await redis.admin("ACL", "DELUSER", "ghost");
  });

  test("a user that may not change itself is told the least rights", async () => {
    await setUser("plain", "on", ">p", "+@all", "-@admin");
    await using session = await open(target, credential("plain", "p"));
    await expect(session.keepOnly(credential("plain", "q"), call)).rejects.toMatchObject({
      code: "database-rights-missing",
      hint: expect.stringContaining("+acl|setuser +acl|getuser +acl|save"),
    });
  });

  test("a user with the right may change itself", async () => {
    await setUser("self", "on", ">p", "+@all");
    await using session = await open(target, credential("self", "p"));
    await session.keepBoth(credential("self", "p"), credential("self", "q"), call);
    expect(await redis.accepts("self", "q")).toBe(true);
  });

  test.each([
    ["a closed port", { port: 1 }, "database-unreachable"],
    ["a database number beyond the server's", { dbname: "16" }, "database-unknown"],
    ["a database that is not a number", { dbname: "orders" }, "secret-malformed"],
    ["TLS that is not verified", { tls: { mode: "require" } }, "tls-refused"],
  ] as const)("%s is an error", async (_what, change, code) => {
    await expect(engine.login({ ...target, ...change }, root(), call)).rejects.toMatchObject({ code });
  });

  test("a server without TLS is told apart from a silent one", async () => {
    await expect(engine.login({ ...target, tls: { mode: "verify-full" } }, root(), call)).rejects.toMatchObject({
      code: "tls-refused",
    });
  });

  test("the secret's database number is selected", async () => {
    await using session = await open({ ...target, dbname: "3" }, root());
    expect(session).toBeDefined();
  });

  test("no more clients is database-busy", async () => {
    await redis.admin("CONFIG", "SET", "maxclients", "1");
    const held = await open(target, root());
    try {
      await expect(engine.login(target, root(), call)).rejects.toMatchObject({ code: "database-busy" });
    } finally {
      await held[Symbol.asyncDispose]();
      await expect.poll(async () => redis.admin("CONFIG", "SET", "maxclients", "100").catch(() => "busy")).toBe("OK");
    }
  });

  test("a call whose time is up opens no connection", async () => {
    await expect(engine.login(target, root(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "time-budget-spent",
    });
  });

  test("no password in clear is in SLOWLOG, in MONITOR, in ACL LOG or in the log", async () => {
    await setUser("canary", "on", "#".concat("0".repeat(64)), "+@all");
    const passwords = ["canary-one-5d1f", "canary-two-77aa", "canary-wrong-0b"];
    const [one = "", two = "", wrong = ""] = passwords;
    const shownSince = await redis.monitor();
    {
      await using session = await open(target, root());
      await session.keepBoth(credential("canary", one), credential("canary", two), call);
    }
    {
      await using own = await open(target, credential("canary", one));
      await own.keepOnly(credential("canary", two), call);
    }
    await engine.login(target, credential("canary", wrong), call);
    const shown = await shownSince();
    expect(shown).toContain("HELLO");
    const slow = inspect(await redis.admin("SLOWLOG", "GET", "100000"), { depth: 9, maxArrayLength: null });
    expect(slow).toContain("SETUSER");
    const acl = inspect(await redis.admin("ACL", "LOG"), { depth: 9 });
    expect(acl).toContain("canary");
    const everything = [shown, slow, acl, redis.log()].join("\n");
    expect(passwords.filter((password) => everything.includes(password))).toEqual([]);
  });

  describe("and a replica of it", () => {
    let replica: RedisUnderTest;
    beforeAll(async () => {
      await setUser("sync", "on", ">sync", "+psync", "+replconf", "+ping");
      replica = await startRedis(redisServer ?? "", {
        config: [`replicaof ${redis.host} ${redis.port}`, "masteruser sync", "masterauth sync"],
      });
    });
    afterAll(async () => replica.stop());

    test("is refused, since users are not replicated", async () => {
      await replica.admin("ACL", "SETUSER", "app", "on", ">before");
      await expect(engine.login(targetOf(replica), root(), call)).rejects.toMatchObject({ code: "database-read-only" });
      await setUser("only-here", "on", ">p");
      expect(await replica.accepts("only-here", "p")).toBe(false);
    });

    test("is changed where the secret's tag says so", async () => {
      const asked = { ...targetOf(replica), options: new Map([["rekey:redis-replicas", "change"]]) };
      await replica.admin("ACL", "SETUSER", "app", "on", ">before");
      await using session = await open(asked, root());
      await session.keepOnly(credential("app", "after"), call);
      expect(await replica.accepts("app", "after")).toBe(true);
    });
  });
});
