import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { publishOnRedis } from "../../shared/channels/redis-channel.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import { certificate, key } from "../support/loopback-certificate.ts";
import { inTime } from "../support/mirror-entries.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";

const password = "canary-of-the-publisher";

describe.skipIf(redisServer === undefined)("a channel of a real Redis", () => {
  let plain: RedisUnderTest;
  let secured: RedisUnderTest;

  const publish = async (fields: object, channel = "rekey", call = inTime()): Promise<number> => {
    const { host, port } = plain;
    const login = { engine: "redis", host, port, ssl: false, username: "publisher", password, ...fields };
    return publishOnRedis({ secret: new SecretValue(JSON.stringify(login)), channel }, '{"a":1}', call);
  };

  beforeAll(async () => {
    const binary = redisServer ?? "";
    [plain, secured] = await Promise.all([startRedis(binary), startRedis(binary, { tls: { certificate, key } })]);
    for (const server of [plain, secured]) {
      const least = ["resetchannels", "&rekey", "-@all", "+publish"];
      await server.admin("ACL", "SETUSER", "publisher", "on", `>${password}`, ...least);
    }
  });
  afterAll(async () => {
    await plain.stop();
    await secured.stop();
  });

  test("a user with the least rights publishes, and is told how many heard it", async () => {
    expect(await publish({})).toBe(0);
  });

  test("a server with TLS is verified by the secret's own certificate", async () => {
    const { port } = secured;
    expect(await publish({ port, ssl: true, sslrootcert: certificate })).toBe(0);
    await expect(publish({ port, ssl: true })).rejects.toMatchObject({ code: "tls-refused" });
    await expect(publish({ port, ssl: "require" })).rejects.toMatchObject({ code: "tls-refused" });
  });

  test.each([
    ["a wrong password", { password: "wrong" }, "rekey", "channel-unauthorized"],
    ["a channel that the user may not use", {}, "another", "channel-unauthorized"],
    ["a server that is not there", { port: 1 }, "rekey", "channel-unavailable"],
    ["another engine's secret", { engine: "postgres" }, "rekey", "engine-unsupported"],
    ["a secret without a user", { username: "" }, "rekey", "secret-malformed"],
  ])("%s has a code of its own and says no password", async (_what, fields, channel, code) => {
    const failure: unknown = await publish(fields, channel).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain("canary");
  });

  test("a server that takes the connection and is silent costs no more than the call's time", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    await expect(publish({ port }, "rekey", { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: "time-budget-spent",
    });
  });
});
