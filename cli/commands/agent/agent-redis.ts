import { once } from "node:events";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createClient } from "@redis/client";
import { redisSource, signingKeys } from "../../../shared/client/invalidation/redis-source.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import { secretsManagerSource } from "../../../shared/client/sources/secrets-manager-source.ts";
import { type AgentPush, sdkLimits, type SdkIdentity, setUpMs, unavailable } from "./agent-limits.ts";

/** The driver itself tries for ever, and waits for ever for a server that is silent. */
async function connected(redis: { connect(): Promise<unknown>; destroy(): void }, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(setUpMs)]);
  const late = once(limit, "abort").then(() => Promise.reject(new DOMException("no answer", "TimeoutError")));
  try {
    limit.throwIfAborted();
    await Promise.race([redis.connect(), late]);
  } catch (error) {
    redis.destroy();
    throw error;
  }
}

/** A channel of Redis, signed where a secret has its key. Errors: `invalidation-unavailable`. */
export async function byRedis(
  url: string,
  channel: string,
  keySecret: string | undefined,
  identity: SdkIdentity,
  signal: AbortSignal,
): Promise<AgentPush> {
  const redis = createClient({ url });
  // Without a listener the first cut connection would end the process.
  redis.on("error", () => undefined);
  await connected(redis, signal).catch(unavailable(`redis ${channel}`));
  if (keySecret === undefined) return { source: redisSource({ redis, channel }), release: async () => redis.destroy() };
  const sdk = new SecretsManagerClient({ ...identity, ...sdkLimits });
  const client = createSecretClient({ source: secretsManagerSource(sdk) });
  return {
    source: redisSource({ redis, channel, keys: signingKeys(client, keySecret) }),
    async release() {
      await client.close();
      redis.destroy();
    },
  };
}
