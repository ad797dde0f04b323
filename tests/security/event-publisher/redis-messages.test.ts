import { createHmac, randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { redisSource, signingKeys } from "../../../shared/client/invalidation/redis-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { type MemorySecrets, memorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
const key = "canary-key-of-the-channel";
const soon = { timeout: 60_000 };

/** As the documentation says it, by hand. */
function signed(event: string, keys: readonly string[] = [key], secondsAgo = 0): string {
  const seconds = Math.floor(Date.now() / 1_000) - secondsAgo;
  const digests = keys.map((each) => createHmac("sha256", each).update(`${seconds}.${event}`).digest("hex"));
  const RekeySignature = [`t=${seconds}`, ...digests.map((digest) => `v1=${digest}`)].join(",");
  return JSON.stringify({ Message: event, RekeySignature });
}
const eventOf = (versionId: string = randomUUID()): string =>
  JSON.stringify({
    "detail-type": "Secret Rotated",
    detail: { secretArn: arn, versionId, at: new Date().toISOString() },
  });

describe.skipIf(redisServer === undefined)("with a real Redis, whoever may PUBLISH", () => {
  let redis: RedisUnderTest;
  let subscriber: ReturnType<typeof createClient>;
  let secrets: MemorySecrets;
  let client: SecretClient;
  let channel: string;
  const failed = vi.fn<(event: object) => void>();

  const publish = async (message: string): Promise<unknown> => redis.admin("PUBLISH", channel, message);
  const heard = async (): Promise<void> => {
    await expect.poll(async () => String(await redis.admin("PUBSUB", "NUMSUB", channel)), soon).toBe(`${channel},1`);
  };

  async function listen(keys: readonly string[] | "by-secret" = [key]): Promise<void> {
    const given = keys === "by-secret" ? signingKeys(client, "key") : keys.map((each) => new SecretValue(each));
    client.subscribe(redisSource({ redis: subscriber, channel, keys: given }));
    await heard();
    await client.get(arn);
  }

  /** A true rotation, signed, behind everything that was published before it: then all of that was heard. */
  async function rotateTruly(keys: readonly string[] = [key]): Promise<void> {
    const versionId = secrets.put(arn, randomUUID());
    await publish(signed(eventOf(versionId), keys));
    await expect.poll(() => client.peek(arn)?.versionId, soon).toBe(versionId);
  }

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? "");
    const { host, port, superuser } = redis;
    subscriber = createClient({
      ...superuser,
      disableClientInfo: true,
      maintNotifications: "disabled",
      socket: { host, port },
    });
    subscriber.on("error", () => undefined);
    await subscriber.connect();
  });
  afterAll(async () => {
    subscriber.destroy();
    await redis.stop();
  });
  beforeEach(() => {
    channel = `rekey-${randomUUID()}`;
    secrets = memorySecrets({ [arn]: "one", key });
    client = createSecretClient({ source: secrets, spreadMs: 0 });
    failed.mockClear();
    client.on("error", failed);
    onTestFinished(async () => client.close());
  });

  test.each<[string, () => string]>([
    ["without a signature", () => eventOf()],
    ["in an envelope without a signature", () => JSON.stringify({ Message: eventOf() })],
    ["signed with another key", () => signed(eventOf(), ["another key of sixteen bytes"])],
    ["signed ten minutes ago", () => signed(eventOf(), [key], 600)],
    ["signed ten minutes from now", () => signed(eventOf(), [key], -600)],
    ["under the signature of another event", () => signed(eventOf()).replace(/1/g, "2")],
    ["with a signature that is no text", () => JSON.stringify({ Message: eventOf(), RekeySignature: { t: 1 } })],
  ])("sends a false event %s: it is refused, and costs no read", async (_how, message) => {
    await listen();
    await publish(message());
    await rotateTruly();
    expect(secrets.requests).toBe(2);
    expect(failed).toHaveBeenCalledWith({ error: expect.objectContaining({ code: "event-unverified" }) });
    expect(JSON.stringify(failed.mock.calls)).not.toContain("canary");
  });

  test("sends an event signed with a key that was rotated away twice: it is refused, and the former key still counts", async () => {
    for (const next of ["canary-second-key", "canary-third-key-"]) secrets.put("key", next);
    await listen("by-secret");
    await publish(signed(eventOf(), [key]));
    await rotateTruly(["canary-second-key"]);
    await rotateTruly(["canary-third-key-", "canary-second-key"]);
    // The key's two stages, and the secret three times.
    expect(secrets.requests).toBe(5);
    expect(failed).toHaveBeenCalledTimes(1);
  });

  test("floods the channel with unsigned events: the refusal is reported once, not for each", async () => {
    await listen();
    for (let time = 0; time < 50; time++) await publish(eventOf());
    await rotateTruly();
    expect(failed).toHaveBeenCalledTimes(1);
    expect(secrets.requests).toBe(2);
  });

  test("sends false events to a channel without a key: no read of the value fails", async () => {
    client.subscribe(redisSource({ redis: subscriber, channel }));
    await heard();
    await client.get(arn);
    for (let time = 0; time < 20; time++) await publish(eventOf());
    await expect.poll(() => secrets.requests, soon).toBeGreaterThan(1);
    expect((await client.get(arn)).value.reveal()).toBe("one");
    expect(secrets.requests).toBeLessThanOrEqual(1 + 6);
  });
});
