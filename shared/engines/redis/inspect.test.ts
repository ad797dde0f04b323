import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { redisServer, type RedisUnderTest, startRedis } from "../../../tests/support/redis.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { redisEngine, type RedisSession } from "./redis-engine.ts";

const call: CallOptions = { signal: new AbortController().signal };
const engine = redisEngine({ report: () => undefined });
const credential = (username: string, password: string) => ({ username, password: new SecretValue(password) });

describe.skipIf(redisServer === undefined)("on a real Redis", () => {
  let redis: RedisUnderTest;

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    const least = ["-@all", "+acl|setuser", "+acl|getuser", "+acl|save"];
    await redis.admin("ACL", "SETUSER", "rotator", "on", ">rotator", ...least);
    await redis.admin("ACL", "SETUSER", "asker", "on", ">asker", ...least, "+acl|dryrun");
    await redis.admin("ACL", "SETUSER", "reader", "on", ">reader", "-@all", "+acl|getuser", "+acl|dryrun");
    await redis.admin("ACL", "SETUSER", "app", "on", ">app", "~*", "+@read");
  });
  afterAll(async () => redis.stop());

  async function open(user: string): Promise<RedisSession> {
    const target = {
      engine: "redis",
      host: redis.host,
      port: redis.port,
      dbname: "0",
      options: new Map<string, string>(),
    };
    const login = await engine.login({ ...target, tls: { mode: "disable" } }, credential(user, user), call);
    if (!login.ok) throw new Error(`refused: ${login.refusal}`);
    return login.session;
  }
  async function facts(user: string): Promise<ServerFacts> {
    await using session = await open(user);
    return await session.inspect(["app", "nobody"], call);
  }

  test.each([
    ["rotator", true],
    ["asker", true],
    ["reader", false],
    ["app", false],
  ])("%s may change the user: %s", async (user, mayBeChanged) => {
    expect(await facts(user)).toMatchObject({ isSupported: true, isReadOnly: false });
    expect((await facts(user)).users.get("app")).toEqual({ mayBeChanged, isOurAlternate: false });
  });

  test("a user that is not there is not among the facts, and nothing was changed", async () => {
    expect([...(await facts("asker")).users.keys()]).toEqual(["app"]);
    expect([await redis.accepts("app", "app"), await redis.admin("ACL", "GETUSER", "nobody")]).toEqual([true, null]);
  });

  test("a session of the least rights leaves nothing in the server's log of refusals", async () => {
    await redis.admin("ACL", "LOG", "RESET");
    await facts("rotator");
    expect(await redis.admin("ACL", "LOG")).toEqual([]);
  });

  test("what a plan says is what a session sends", async () => {
    const countOf = async (command: string): Promise<number> => {
      const stats = String(await redis.admin("INFO", "commandstats"));
      return Number(new RegExp(`cmdstat_${command.replace("|", "\\|")}:calls=(\\d+)`, "u").exec(stats)?.[1] ?? 0);
    };
    const shapes = engine.plannedStatements?.["keepBoth"] ?? [];
    const commands = shapes.map((shape) => shape.split(" ").slice(0, 2).join("|").toLowerCase());
    expect(commands).toEqual(["acl|getuser", "acl|setuser", "acl|save"]);
    const before = await Promise.all(commands.map(countOf));
    {
      await using session = await open("rotator");
      await session.keepBoth(credential("app", "app"), credential("app", "next"), call);
    }
    const after = await Promise.all(commands.map(countOf));
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1]);
  });
});
