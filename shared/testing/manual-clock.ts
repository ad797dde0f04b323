import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../client/clock.ts";

export interface ManualClock extends Clock {
  /** Moves the time on; what sleeps until then goes on in order, each with the time that it waited for. */
  advance(ms: number): Promise<void>;
  /** The time moves and nothing runs meanwhile, as for a process that is frozen. */
  freeze(ms: number): void;
}

/**
 * Time that moves only when it is told to.
 *
 * @example
 * ```ts
 * import { fakeSecretClient, manualClock } from "rekey/testing";
 *
 * const clock = manualClock();
 * const client = fakeSecretClient({ "prod/orders": "value" }, { clock, ttlMs: 60_000 });
 * await client.get("prod/orders");
 * await clock.advance(60_000);
 * ```
 */
export function manualClock(): ManualClock {
  let nowMs = 1_000;
  const sleepers = new Set<{ readonly untilMs: number; wake(): void }>();

  const earliest = (): { readonly untilMs: number; wake(): void } | undefined =>
    [...sleepers].sort((one, other) => one.untilMs - other.untilMs)[0];

  return {
    nowMs: () => nowMs,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const end = (settle: () => void) => (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener("abort", abort);
          settle();
        };
        const sleeper = { untilMs: nowMs + ms, wake: end(resolve) };
        const abort = end(() => reject(new Error("aborted")));
        sleepers.add(sleeper);
        signal.addEventListener("abort", abort);
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await nextTurn();
      for (let next = earliest(); next !== undefined && next.untilMs <= untilMs; next = earliest()) {
        nowMs = Math.max(nowMs, next.untilMs);
        next.wake();
        await nextTurn();
      }
      nowMs = untilMs;
      await nextTurn();
    },
    freeze(ms) {
      nowMs += ms;
    },
  };
}
