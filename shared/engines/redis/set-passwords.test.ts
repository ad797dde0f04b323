import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest, startRedis } from "../../../tests/support/redis.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { redisEngine, type RedisSession } from "./redis-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = redisEngine({ report: () => undefined });
const credential = (username: string, password: string): Credential => ({
  username,
  password: new SecretValue(password),
});

describe.skipIf(redisServer === undefined)("on a real Redis", () => {
  let redis: RedisUnderTest;
  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
  });
  afterAll(async () => redis.stop());

  const setUser = async (user: string, ...rules: readonly string[]) => redis.admin("ACL", "SETUSER", user, ...rules);
  async function open(): Promise<RedisSession> {
    const { host, port, superuser } = redis;
    const at = { engine: "redis", host, port, dbname: "0", tls: { mode: "disable" }, options: new Map() } as const;
    const login = await engine.login(at, credential(superuser.username, superuser.password), call);
    if (!login.ok) throw new Error(`refused: ${login.refusal}`);
    return login.session;
  }

  test("passwords that are not the secret's stay, wherever they stand and whatever is kept", async () => {
    let asked = 0;
    const own = (wasRotated: boolean, ...earlier: readonly string[]) => ({
      wasRotated,
      async earlier() {
        asked++;
        return earlier.map((text) => new SecretValue(text));
      },
    });
    const one = (password: string): Credential => credential("shared", password);
    const accepted = async (): Promise<readonly string[]> => {
      const all = ["first", "second", "third", "theirs", "added"];
      const takes = await Promise.all(all.map(async (password) => redis.accepts("shared", password)));
      return all.filter((_password, index) => takes[index]);
    };
    await setUser("shared", "on", ">theirs", ">first");
    await using session = await open();
    await session.keepBoth(one("first"), one("second"), call, own(false));
    expect(await accepted()).toEqual(["first", "second", "theirs"]);
    await session.keepOnly(one("second"), call, own(true, "first"));
    expect(await accepted()).toEqual(["second", "theirs"]);
    await setUser("shared", ">added");
    await session.keepBoth(one("second"), one("third"), call, own(true, "first"));
    expect([await accepted(), asked]).toEqual([["second", "third", "theirs", "added"], 3]);
  });

  test("what the last rotation replaced ends without a question to the store", async () => {
    const own = {
      wasRotated: true,
      async earlier() {
        throw new Error("asked");
      },
    };
    await setUser("usual", "on", ">first", ">second");
    await using session = await open();
    await session.keepBoth(credential("usual", "second"), credential("usual", "third"), call, own);
    expect(await redis.accepts("usual", "first")).toBe(false);
  });

  test("a user that takes any password is refused by that name, and stays as it is", async () => {
    await setUser("open", "on", "nopass");
    await using session = await open();
    const refusal = { code: "account-unsupported", context: { user: "open", property: "nopass" } };
    const change = session.keepBoth(credential("open", "one"), credential("open", "two"), call);
    await expect(change).rejects.toMatchObject(refusal);
    const planned = { method: "keepOnly", credential: credential("open", "two") } as const;
    await expect(session.rehearse(planned, call)).rejects.toMatchObject(refusal);
    expect(await redis.accepts("open", "anything")).toBe(true);
  });

  test("two sessions that replace one password at once both succeed", async () => {
    await setUser("raced", "on", ">first", ">second");
    const sessions = await Promise.all([open(), open(), open()]);
    const change = async (session: RedisSession): Promise<void> =>
      session.keepBoth(credential("raced", "second"), credential("raced", "third"), call);
    await Promise.all(sessions.map(change));
    await Promise.all(sessions.map(async (session) => session[Symbol.asyncDispose]()));
    const accepted = await Promise.all(["first", "second", "third"].map(async (one) => redis.accepts("raced", one)));
    expect(accepted).toEqual([false, true, true]);
  });
});
