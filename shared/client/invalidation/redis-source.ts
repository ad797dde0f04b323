import { setTimeout as sleep } from "node:timers/promises";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { guardedSink, type InvalidationSource } from "./invalidation-source.ts";
import { inTime, jittered } from "./in-time.ts";
import { deliver } from "./notice-in-message.ts";
import { pollingSource } from "./polling-source.ts";
import { redisHint, redisLink, redisReason, type RedisSubscriber } from "./redis-link.ts";
import { signedMessages } from "./signed-messages.ts";

export type { RedisSubscriber } from "./redis-link.ts";
export { signingKeys } from "./signing-keys.ts";
export type { SecretValue } from "../../secrets/secret-value.ts";
export type { InvalidationSource } from "./invalidation-source.ts";

export interface RedisSourceOptions {
  readonly redis: RedisSubscriber;
  readonly channel: string;
  /**
   * The keys that messages are signed with, or what gives them, such as `signingKeys(client, secretId)`. Messages without a
   * signature of one of them from the last five minutes are refused. Without this option anybody who may publish on the
   * channel is heard.
   */
  readonly keys?: readonly SecretValue[] | (() => Promise<readonly SecretValue[]>);
  /** Between two questions whether the connection still lives, up to a fifth more or less. 10,000. */
  readonly pingIntervalMs?: number;
  /** For each of them, for the subscription and for the keys. 10,000. */
  readonly pingTimeoutMs?: number;
}

/** For a connection that does not answer any more. */
const farewellMs = 1_000;

/**
 * Notices that are published on a channel as EventBridge's JSON. The connection reconnects and subscribes again by itself;
 * Redis keeps nothing for those who were away, so each `ready` tells of a gap. A subscription that fails is tried again
 * until it succeeds. A connection that does not answer a PING in time is replaced, with everything that it was used for:
 * keep it for subscriptions. Errors: `option-invalid`; to the sink: `invalidation-unavailable`, `event-unverified`.
 *
 * @example
 * ```ts
 * import { createClient } from "@redis/client";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { redisSource, signingKeys } from "rekey/client/invalidation/redis";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const redis = createClient({ url: "rediss://cache.example:6380" });
 * client.subscribe(redisSource({ redis, channel: "rekey", keys: signingKeys(client, "prod/channel-key") }));
 * ```
 */
export function redisSource(options: RedisSourceOptions): InvalidationSource {
  const { redis, channel, keys, pingIntervalMs = 10_000, pingTimeoutMs = 10_000 } = options;
  const name = `redis ${channel}`;
  const pauseMs = jittered("pingIntervalMs", pingIntervalMs);
  if (!(pingTimeoutMs > 0)) throw new RekeyError("option-invalid", { context: { option: "pingTimeoutMs" } });

  const unavailable = (error: unknown): RekeyError => {
    const reason = redisReason(error);
    return new RekeyError("invalidation-unavailable", { context: { source: name, reason }, hint: redisHint(reason) });
  };

  return {
    name,
    tellsWhenHeard: true,
    start(given) {
      const sink = guardedSink(given);
      const stopping = new AbortController();
      const link = redisLink(redis);
      const signed =
        keys === undefined
          ? undefined
          : signedMessages({ name, keys, sink, stopping: stopping.signal, timeoutMs: pingTimeoutMs });
      let isSubscribed = false;
      let wasSubscribed = false;

      const receive = (message: string): void => {
        if (stopping.signal.aborted) return;
        const applied = signed === undefined ? deliver(message, sink) : signed.receive(message);
        applied.catch((error: unknown) => sink.error(unavailable(error)));
      };
      const failed = (error: unknown): void => sink.error(unavailable(error));
      const back = (): void => {
        if (wasSubscribed) sink.gap();
      };
      redis.on("error", failed);
      redis.on("ready", back);

      async function subscribe(): Promise<void> {
        link.demandOpen();
        if (!isSubscribed) await redis.subscribe(channel, receive);
        isSubscribed = true;
        wasSubscribed = true;
        // It may have waited for its connection for longer than the subscription was wanted.
        if (stopping.signal.aborted) return unsubscribe();
        // A driver that was subscribed before says that it is, whether or not it is connected.
        await link.prove();
      }
      async function unsubscribe(): Promise<void> {
        await inTime(farewellMs, new AbortController().signal, async () => redis.unsubscribe(channel, receive)).catch(
          () => undefined,
        );
      }

      const polling = pollingSource(name, async (_sink, connected, signal) => {
        try {
          await inTime(pingTimeoutMs, signal, subscribe);
        } catch (error) {
          if (signal.aborted) return;
          if (isRekeyError(error, "time-budget-spent")) {
            isSubscribed = false;
            link.revive(pingTimeoutMs);
          }
          throw unavailable(error);
        }
        connected();
        if (signed?.areKeysMissing !== true) sink.heard();
        await sleep(pauseMs(), undefined, { signal, ref: false });
      }).start(sink);

      return {
        async stop() {
          stopping.abort();
          link.stop();
          redis.off("ready", back);
          redis.off("error", failed);
          await polling.stop();
          await unsubscribe();
        },
      };
    },
  };
}
