import { callListener } from "../call-listener.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";
import type { RotationNotice } from "./rotation-notice.ts";

export interface SecretNotice extends RotationNotice {
  readonly secretArn: string;
  /** The replaced credential works on for a while, as with alternating users: nobody needs to hurry. */
  readonly replacedStillWorks?: boolean;
}

/**
 * Why a message gives no notice. `another-event`: an event of rekey or Secrets Manager that makes no version current.
 * `unconfirmed`: SNS asks to confirm the subscription, and sends nothing before. `unverified`: refused for its signature.
 */
export const ignoredReasons = [
  "another-event",
  "not-json",
  "not-a-rotation",
  "no-version",
  "too-large",
  "too-many",
  "unconfirmed",
  "unverified",
] as const;
export type IgnoredReason = (typeof ignoredReasons)[number];

/** Where a source tells what it hears. The client's never throws. */
export interface InvalidationSink {
  /** Settles when the notice is applied: only then may it be acknowledged. */
  notice(notice: SecretNotice): void | Promise<void>;
  /** Notices may have been missed, so everything must be asked for again. */
  gap(): void;
  /** The subscription fails, as far as `secretId` is concerned where there is one. `event-unverified`: one message was refused. */
  error(error: RekeyError, secretId?: string): void;
  /** Everything that the source listens to has just answered. */
  heard?(): void;
  /** A message gave no notice. */
  ignored?(reason: IgnoredReason): void;
}

export interface InvalidationSubscription {
  stop(): Promise<void>;
}

/**
 * Tells of rotations. It reconnects by itself until it is stopped, and says when it was cut off.
 *
 * @example
 * ```ts
 * import { EventEmitter } from "node:events";
 * import type { InvalidationSource, SecretNotice } from "rekey/client";
 *
 * const inSourceOf = (events: EventEmitter): InvalidationSource => ({
 *   name: "my events",
 *   start(sink) {
 *     const listener = (notice: SecretNotice): void => void sink.notice(notice);
 *     events.on("rotated", listener);
 *     return { stop: async () => void events.off("rotated", listener) };
 *   },
 * });
 * ```
 */
export interface InvalidationSource {
  /** For errors and `health()`: without secrets, such as a queue's URL. */
  readonly name?: string;
  /** It calls `heard`, so that a failure is over with that, and not with the next notice or gap. */
  readonly tellsWhenHeard?: boolean;
  start(sink: InvalidationSink): InvalidationSubscription;
}

/** A sink whose failures end no source: what throws becomes a warning of the process, and a notice that throws rejects. */
export const guardedSink = (sink: InvalidationSink): Required<InvalidationSink> => ({
  notice: async (notice) => sink.notice(notice),
  gap: () => callListener("gap", () => sink.gap()),
  error: (...failure) => callListener("error", () => sink.error(...failure)),
  heard: () => callListener("heard", () => sink.heard?.()),
  ignored: (reason) => callListener("ignored", () => sink.ignored?.(reason)),
});
