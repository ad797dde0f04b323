import { RekeyError } from "../../errors/rekey-error.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { noticeInMessage } from "./notice-in-message.ts";

/** What is needed of a connection of the package `redis` that is kept for subscriptions. */
export interface RedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: "ready" | "error", listener: () => void): unknown;
  off(event: "ready" | "error", listener: () => void): unknown;
}

/**
 * Notices that are published on a channel as EventBridge's JSON. The connection reconnects and subscribes again by itself;
 * Redis keeps nothing for those who were away, so each `ready` after the first tells of a gap.
 */
export function redisSource(options: {
  readonly redis: RedisSubscriber;
  readonly channel: string;
}): InvalidationSource {
  const { redis, channel } = options;

  function receive(sink: InvalidationSink, message: string): void {
    const notice = noticeInMessage(message);
    if (notice !== undefined) void sink.notice(notice);
  }

  return {
    start(sink) {
      const failed = (): void =>
        sink.error(new RekeyError("invalidation-unavailable", { context: { source: `redis ${channel}` } }));
      const gap = (): void => sink.gap();
      redis.on("error", failed);
      const subscribed = redis
        .subscribe(channel, (message) => receive(sink, message))
        .then(() => redis.on("ready", gap), failed);
      return {
        async stop() {
          await subscribed;
          redis.off("ready", gap);
          redis.off("error", failed);
          await redis.unsubscribe(channel).catch(() => undefined);
        },
      };
    },
  };
}
