import type { Entry } from "./entry.ts";

/** Ids, numbers and codes: it may be printed. */
export interface ClientHealth {
  readonly secrets: number;
  readonly bytes: number;
  readonly subscriptions: number;
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

export function failing(entries: Iterable<Entry>, nowMs: number): ClientHealth["failing"] {
  return [...entries].flatMap(({ secretId, unrest, version, checkedAtMs }) =>
    unrest?.failure === undefined
      ? []
      : [
          {
            secretId,
            code: unrest.failure.error.code,
            failures: unrest.failure.count,
            ageMs: version === undefined ? undefined : nowMs - checkedAtMs,
          },
        ],
  );
}

export function oldestAgeMs(entries: Iterable<Entry>, nowMs: number): number {
  let oldestMs = 0;
  for (const { version, checkedAtMs } of entries)
    if (version !== undefined) oldestMs = Math.max(oldestMs, nowMs - checkedAtMs);
  return oldestMs;
}
