import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { signatureProblem } from "../../webhook/signature.ts";
import type { InvalidationSink, InvalidationSource, SecretNotice } from "./invalidation-source.ts";
import { noticeInMessage, signedPart } from "./notice-in-message.ts";

export { signingKeys } from "./signing-keys.ts";
export type { SecretValue } from "../../secrets/secret-value.ts";
export type { InvalidationSource } from "./invalidation-source.ts";

/** What is needed of a connection of the package `redis` that is kept for subscriptions. */
export interface RedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: "ready" | "error", listener: () => void): unknown;
  off(event: "ready" | "error", listener: () => void): unknown;
}

export interface RedisSourceOptions {
  readonly redis: RedisSubscriber;
  readonly channel: string;
  /**
   * The keys that messages are signed with, or what gives them, such as `signingKeys(client, secretId)`. Messages without a
   * signature of one of them from the last five minutes are refused. Without this option anybody who may publish on the
   * channel is heard.
   */
  readonly keys?: readonly SecretValue[] | (() => Promise<readonly SecretValue[]>);
}

/** Refused messages are reported at most this often. */
const reportEveryMs = 60_000;

/**
 * Notices that are published on a channel as EventBridge's JSON. The connection reconnects and subscribes again by itself;
 * Redis keeps nothing for those who were away, so each `ready` after the first tells of a gap. Errors, to the sink:
 * `invalidation-unavailable`, `event-unverified`.
 */
export function redisSource({ redis, channel, keys }: RedisSourceOptions): InvalidationSource {
  const name = `redis ${channel}`;
  let reportedAtMs = Number.NEGATIVE_INFINITY;

  /** Errors: `event-unverified`, those of whoever gives the keys. */
  async function verified(message: string, known: NonNullable<typeof keys>): Promise<SecretNotice | undefined> {
    const { text, signature } = signedPart(message);
    const problem = signatureProblem(text, signature, { keys: typeof known === "function" ? await known() : known });
    if (problem !== undefined) throw new RekeyError("event-unverified", { context: { source: name, problem } });
    return noticeInMessage(text);
  }

  function refuse(sink: InvalidationSink, error: unknown): void {
    const nowMs = Date.now();
    if (nowMs - reportedAtMs < reportEveryMs) return;
    reportedAtMs = nowMs;
    const reason = error instanceof Error ? error.name : "unknown";
    const context = { source: name, reason };
    sink.error(error instanceof RekeyError ? error : new RekeyError("invalidation-unavailable", { context }));
  }

  async function receive(sink: InvalidationSink, message: string): Promise<void> {
    try {
      const notice = keys === undefined ? noticeInMessage(message) : await verified(message, keys);
      if (notice !== undefined) await sink.notice(notice);
    } catch (error) {
      refuse(sink, error);
    }
  }

  return {
    start(sink) {
      const failed = (): void => sink.error(new RekeyError("invalidation-unavailable", { context: { source: name } }));
      const gap = (): void => sink.gap();
      redis.on("error", failed);
      const subscribed = redis
        .subscribe(channel, (message) => void receive(sink, message))
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
