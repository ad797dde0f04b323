import { setTimeout as sleep } from "node:timers/promises";
import { keptAlive } from "./kept-alive.ts";

export interface Clock {
  /** Milliseconds since some start. Never goes back, and counts the time that the process was frozen or asleep. */
  nowMs(): number;
  /** Keeps no process alive. Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Keeps the process alive until the work settles. A clock that is moved by hand has none. */
  awaited?<Result>(work: Promise<Result>): Promise<Result>;
}

/** The same work, for a caller who waits for it. */
export const awaited = <Result>(clock: Clock, work: Promise<Result>): Promise<Result> => clock.awaited?.(work) ?? work;

/** Waits for the work, at most this long. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, clock.sleep(ms, over.signal)]);
  } finally {
    over.abort();
  }
}

/** The work's result. Rejects once the work takes longer. */
export async function orTooLate<Result>(clock: Clock, ms: number, work: Promise<Result>): Promise<Result> {
  await atMost(clock, ms, work);
  return Promise.race([work, Promise.reject(new Error("too late"))]);
}

/** A wall clock this far ahead of the monotonic one tells of a suspended machine, which the monotonic clock may not count. */
const suspendedMs = 1_000;

/** A number that V8 keeps inside the object that holds it, wherever it is small enough: in 24 days of milliseconds it is. */
export const toSmallInteger = (value: number): number => {
  const whole = Math.trunc(value);
  const small = whole | 0;
  return small === whole ? small : whole;
};

function elapsedTime(): () => number {
  let monotonic = performance.now();
  let wall = Date.now();
  let elapsedMs = 0;
  return () => {
    const passedMs = performance.now() - monotonic;
    const missedMs = Date.now() - wall - passedMs;
    monotonic += passedMs;
    wall += passedMs + missedMs;
    elapsedMs += passedMs + (missedMs > suspendedMs ? missedMs : 0);
    return toSmallInteger(elapsedMs);
  };
}

const readsEachLook = 1_000;

/**
 * A clock that is looked at once in each turn of the event loop, since a look costs more than a warm read, and again after
 * a thousand reads within one turn. A frozen process goes on with a new turn, so the first read after it looks again.
 */
export function eventLoopClock(): Clock {
  const elapsed = elapsedTime();
  let nowMs = 0;
  let readsLeft = 0;
  let turnEnds = false;

  function look(): number {
    nowMs = elapsed();
    readsLeft = readsEachLook;
    if (!turnEnds) {
      turnEnds = true;
      setImmediate(() => {
        turnEnds = false;
        readsLeft = 0;
      });
    }
    return nowMs;
  }
  return {
    nowMs: () => (readsLeft-- > 0 ? nowMs : look()),
    sleep: async (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
    awaited: keptAlive,
  };
}
