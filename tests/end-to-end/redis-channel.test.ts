import { createClient } from "@redis/client";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Stack, startStack } from "../../local/stack.ts";
import { redisSource, signingKeys } from "../../shared/client/invalidation/redis-source.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../shared/client/sources/secrets-manager-source.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../support/redis.ts";

const soon = { timeout: 60_000 };

const channels = [
  { kind: "unsigned", isSigned: false },
  { kind: "signed", isSigned: true },
];

describe.skipIf(redisServer === undefined).each(channels)(
  "the deployed template, a real Redis, a service's client, $kind",
  ({ isSigned }) => {
    let stack: Stack;
    let secrets: SecretsManager;
    let redis: RedisUnderTest;
    let subscriber: ReturnType<typeof createClient>;
    let client: SecretClient;
    let secretId = "";
    const invalidationFailed = vi.fn<() => void>();

    const put = async (SecretString: string): Promise<string> =>
      (await secrets.putSecretValue({ SecretId: secretId, SecretString })).VersionId ?? "";
    const logged = (): string => JSON.stringify(stack.lambda.logs).replaceAll("\\", "");
    const held = (): string | undefined => client.peek(secretId)?.versionId;

    beforeAll(async () => {
      stack = await startStack();
      secrets = new SecretsManager(stack.clientConfig);
      redis = await startRedis(redisServer ?? "");
      const { host, port, superuser } = redis;
      const login = { username: "rekey", password: "canary-of-the-channel" };
      const rights = ["resetchannels", "&rekey", "-@all", "+publish"];
      await redis.admin("ACL", "SETUSER", login.username, "on", `>${login.password}`, ...rights);
      await redis.admin("ACL", "SAVE");
      const value = JSON.stringify({ engine: "redis", host, port, ssl: false, ...login });
      const { ARN: RedisSecretArn = "" } = await secrets.createSecret({ Name: "redis-login", SecretString: value });
      const channelKey = { Name: "channel-key", SecretString: "canary-key-of-the-channel" };
      const { ARN: RedisChannelKeySecretArn = "" } = await secrets.createSecret(channelKey);
      await stack.deploy({ parameters: { RedisSecretArn, ...(isSigned ? { RedisChannelKeySecretArn } : {}) } });
      const made = await secrets.createSecret({ Name: "db/app", SecretString: "first" });
      secretId = made.ARN ?? "";

      subscriber = createClient({
        ...superuser,
        disableClientInfo: true,
        maintNotifications: "disabled",
        socket: { host, port, reconnectStrategy: 20 },
      });
      subscriber.on("error", () => undefined);
      await subscriber.connect();
      client = createSecretClient({ source: secretsManagerSource(secrets), spreadMs: 0 });
      client.on("error", invalidationFailed);
      const keys = isSigned ? { keys: signingKeys(client, RedisChannelKeySecretArn) } : {};
      client.subscribe(redisSource({ redis: subscriber, channel: "rekey", ...keys }));
      await vi.waitUntil(async () => String(await redis.admin("PUBSUB", "NUMSUB", "rekey")) === "rekey,1", {
        timeout: 60_000,
      });
      await client.get(secretId);
    });
    afterAll(async () => {
      await client.close();
      subscriber.destroy();
      secrets.destroy();
      await stack.stop();
      await redis.stop();
    });

    test("a value that is put by hand replaces the client's copy, by the channel and without a read", async () => {
      const second = await put("second");
      await expect.poll(held, soon).toBe(second);
      await expect.poll(logged, soon).toMatch(/"published".*"receivers":1/);
    });

    test("after Redis was away, the next read of every secret asks again, though the event of it is still in the queue", async () => {
      await redis.stopServer();
      await expect.poll(() => invalidationFailed.mock.calls.length, soon).toBeGreaterThan(0);
      const third = await put("third");
      await expect.poll(logged, soon).toContain("channel-unavailable");
      expect(held()).not.toBe(third);
      await redis.startServer();
      await expect.poll(async () => (await client.get(secretId)).versionId, soon).toBe(third);
    });

    test("the event that Redis did not take comes again, and no log has the login", async () => {
      const heard = vi.fn<(text: string) => void>();
      await subscriber.subscribe("rekey", heard);
      await stack.lambda.idle();
      await stack.clock.advance(180_000);
      await expect
        .poll(() => heard.mock.calls.map(([text]) => text), soon)
        .toMatchObject([expect.stringContaining(held() ?? "?")]);
      expect(heard.mock.calls.every(([text]) => text.includes("RekeySignature") === isSigned)).toBe(true);
      expect(logged() + JSON.stringify(stack.aws.requests)).not.toContain("canary");
    });
  },
);
