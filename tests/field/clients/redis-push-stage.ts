import { randomUUID } from "node:crypto";
import { createClient } from "@redis/client";
import { expect, onTestFinished } from "vitest";
import {
  type RedisSourceOptions,
  redisSource,
  type RedisSubscriber,
} from "../../../shared/client/invalidation/redis-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import type { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { memorySecrets, type MemorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { redisServer, type RedisUnderTest, startRedis } from "../../support/redis.ts";
import { type StallingProxy, startStallingProxy } from "../../support/stalling-proxy.ts";

export const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
export const channel = "rekey";
export const soon = { timeout: 60_000, interval: 50 };
const intervals = { pingIntervalMs: 300, pingTimeoutMs: 700 };
export const eventOf = (versionId: string): string =>
  JSON.stringify({ "detail-type": "Secret Rotated", source: "rekey", detail: { secretArn: arn, versionId } });

export interface Service {
  readonly client: SecretClient;
  readonly secrets: MemorySecrets;
  readonly errors: RekeyError[];
  subscription(): ReturnType<SecretClient["health"]>["subscriptions"][number] | undefined;
  held(): Promise<string>;
}

export async function service(redis: RedisSubscriber, options: Partial<RedisSourceOptions> = {}): Promise<Service> {
  const secrets = memorySecrets({ [arn]: "one" });
  const client = createSecretClient({ source: secrets, spreadMs: 0, ttlMs: 3_600_000 });
  onTestFinished(async () => client.close());
  const errors: RekeyError[] = [];
  client.on("error", ({ error }) => errors.push(error));
  await client.get(arn);
  client.subscribe(redisSource({ redis, channel, ...intervals, ...options }));
  return {
    client,
    secrets,
    errors,
    subscription: () => client.health().subscriptions[0],
    held: async () => (await client.get(arn)).versionId,
  };
}

export async function server(): Promise<RedisUnderTest> {
  const redis = await startRedis(redisServer ?? "");
  onTestFinished(async () => redis.stop());
  return redis;
}
export function clientTo(redis: RedisUnderTest, port: number, RESP: 2 | 3, who = redis.superuser) {
  const made = createClient({
    ...who,
    RESP,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: { host: redis.host, port },
  });
  made.on("error", () => undefined);
  onTestFinished(() => made.destroy());
  return made;
}
export async function connectedTo(...where: Parameters<typeof clientTo>) {
  const connection = clientTo(...where);
  await connection.connect();
  return connection;
}
export async function proxied(redis: RedisUnderTest): Promise<StallingProxy> {
  const proxy = await startStallingProxy(() => redis.port);
  onTestFinished(async () => proxy.stop());
  return proxy;
}
export const rotate = async (redis: RedisUnderTest, { secrets }: Service): Promise<string> => {
  const versionId = secrets.put(arn, randomUUID());
  await redis.admin("PUBLISH", channel, eventOf(versionId));
  return versionId;
};
/** The service has the version of a rotation once it was told of it. */
export async function hears(redis: RedisUnderTest, here: Service): Promise<void> {
  const versionId = await rotate(redis, here);
  await expect.poll(here.held, soon).toBe(versionId);
}
export const subscribers = async (redis: RedisUnderTest): Promise<unknown> =>
  Number(((await redis.admin("PUBSUB", "NUMSUB", channel)) as unknown[])[1]);
