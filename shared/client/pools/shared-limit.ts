import { setTimeout as wait } from "node:timers/promises";

/** How many connections the pool of one credential has. */
export interface Occupancy {
  /** Asked for and not yet given. */
  readonly asked: number;
  /** Open, whether in use, idle or being closed. */
  readonly open: number;
  readonly idle: number;
}

/** When every connection belongs to a replaced credential and is in use, a caller gets one more after this time. */
const patienceMs = 1_000;
/** A server may count a connection for a moment after it was closed. */
const aftermathMs = 2_000;
const longestPauseMs = 250;

export interface SharedLimit {
  /** Callers that wait for a connection of a replaced credential to close. */
  readonly waiting: number;
  /**
   * Calls `ask` in turn, once there is room for what it asks for, and again when the server says that its limit is reached
   * while connections of a replaced credential close, for `longestMs`.
   * Rejects with `signal.reason` when aborted.
   */
  enter<Result>(ask: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** To be called whenever a connection was given, released or closed. */
  changed(): void;
}

/**
 * One limit for the connections of all credentials of a pool. While some of a replaced credential are open, those of the
 * newest one fill what is left of the limit; otherwise the driver's own pool keeps the limit, and its own queue.
 */
export function sharedLimit(options: {
  readonly limit: () => number;
  readonly newest: () => Occupancy;
  readonly replaced: () => readonly Occupancy[];
  readonly isLimit: (error: unknown) => boolean;
  readonly longestMs: number;
}): SharedLimit {
  const { limit, newest, replaced, isLimit, longestMs } = options;
  const queue: (() => void)[] = [];
  let patience: NodeJS.Timeout | undefined;
  let replacedUntilMs = -Infinity;

  const openOfReplaced = (): number => {
    const open = replaced().reduce((sum, pool) => sum + pool.open + pool.asked, 0);
    if (open > 0) replacedUntilMs = performance.now();
    return open;
  };
  const isDraining = (): boolean => openOfReplaced() > 0 || performance.now() - replacedUntilMs < aftermathMs;

  function hasRoom(): boolean {
    const ofReplaced = openOfReplaced();
    if (ofReplaced === 0) return true;
    const { asked, open, idle } = newest();
    return asked + open - idle < Math.max(limit() - ofReplaced, open);
  }

  function changed(): void {
    while (queue.length > 0 && hasRoom()) queue.shift()?.();
    if (queue.length > 0) {
      patience ??= setTimeout(() => {
        patience = undefined;
        const { asked, open, idle } = newest();
        // Whoever holds a connection of a replaced credential may be waiting for another one.
        if (asked + open - idle === 0) queue.shift()?.();
        changed();
      }, patienceMs).unref();
    } else {
      clearTimeout(patience);
      patience = undefined;
    }
  }

  async function inTurn<Result>(ask: () => Promise<Result>, signal: AbortSignal, isAgain: boolean): Promise<Result> {
    if (queue.length === 0 && hasRoom()) return ask();
    return new Promise<Result>((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener("abort", leave);
        ask().then(resolve, reject);
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      if (isAgain) queue.unshift(begin);
      else queue.push(begin);
      changed();
    });
  }

  return {
    get waiting() {
      return queue.length;
    },
    async enter(ask, signal) {
      let untilMs: number | undefined;
      for (let pauseMs = 10; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        try {
          return await inTurn(ask, signal, untilMs !== undefined);
        } catch (error) {
          untilMs ??= performance.now() + longestMs;
          if (signal.aborted || !isLimit(error) || !isDraining() || performance.now() >= untilMs) throw error;
        }
        await wait(pauseMs, undefined, { ref: false, signal });
      }
    },
    changed,
  };
}
