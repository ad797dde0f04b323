import type { CachedSecret } from "./cache/cached-secret.ts";
import type { IgnoredReason } from "./invalidation/invalidation-source.ts";

/** How a source of notices stands. */
export interface SubscriptionHealth {
  /** The source's own, such as its queue's URL. */
  readonly name: string;
  /** Of the newest failure that is not over; `undefined`: it works, as far as it tells. */
  readonly code: string | undefined;
  /** What failed: the name or code that the server, the SDK or the driver gives. */
  readonly reason: string | undefined;
  /** Since it worked. */
  readonly failures: number;
  /** How long ago everything that it listens to last answered. `undefined`: never, or it does not tell. */
  readonly lastHeardAgeMs: number | undefined;
  readonly notices: number;
  /** Messages that gave no notice, by reason. */
  readonly ignored: Readonly<Partial<Record<IgnoredReason, number>>>;
}

/** Ids, numbers and codes: it may be printed. */
export interface ClientHealth {
  readonly secrets: number;
  readonly bytes: number;
  readonly subscriptions: readonly SubscriptionHealth[];
  readonly requestsLeft: number;
  /** How long ago the value that waits longest was confirmed. */
  readonly oldestAgeMs: number;
  readonly failing: readonly {
    readonly secretId: string;
    readonly code: string;
    readonly failures: number;
    /** `undefined`: there is no value to serve. */
    readonly ageMs: number | undefined;
  }[];
}

export function failing(entries: Iterable<CachedSecret>, nowMs: number): ClientHealth["failing"] {
  return [...entries].flatMap(({ secretId, requestState, version, confirmedAtMs }) => {
    const failure = requestState?.failure;
    if (!failure) return [];
    const ageMs = version && nowMs - confirmedAtMs;
    return { secretId, code: failure.error.code, failures: failure.count, ageMs };
  });
}

/** `confirmedAtMs`: when each value was last given by the source. */
export function oldestAgeMs(confirmedAtMs: Iterable<number>, nowMs: number): number {
  let oldestMs = 0;
  for (const atMs of confirmedAtMs) oldestMs = Math.max(oldestMs, nowMs - atMs);
  return oldestMs;
}
