/** The one source of time of the local stack: real time plus an offset, so that a test can let 30 days pass. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once at `timeMs` (at once when that is past). Never keeps the process alive. Returns a cancel. */
  at(timeMs: number, task: () => void | Promise<void>): () => void;
  /** Moves the clock forward; due tasks run in order, each seeing its own due time, and are awaited. */
  advance(byMs: number): Promise<void>;
  /** Cancels every task. */
  stop(): void;
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void | Promise<void>;
  handle?: NodeJS.Timeout;
}

const longestTimeoutMs = 2 ** 31 - 1;

function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let found: Timer | undefined;
  for (const timer of timers) if (found === undefined || timer.dueMs < found.dueMs) found = timer;
  return found;
}

/** A clock that ticks in real time and can be moved forward. `startMs`: what it shows first; now unless given. */
export function movableClock(startMs: number = Date.now()): Clock {
  let offsetMs = startMs - Date.now();
  const timers = new Set<Timer>();
  const now = (): number => Date.now() + offsetMs;

  const fire = async (timer: Timer): Promise<void> => {
    if (!timers.delete(timer)) return;
    clearTimeout(timer.handle);
    await timer.task();
  };
  const arm = (timer: Timer): void => {
    clearTimeout(timer.handle);
    const waitMs = timer.dueMs - now();
    timer.handle = setTimeout(
      () => {
        if (timer.dueMs > now()) arm(timer);
        else void fire(timer);
      },
      Math.min(Math.max(waitMs, 0), longestTimeoutMs),
    );
    timer.handle.unref();
  };

  return {
    now,
    at(timeMs, task) {
      const timer: Timer = { dueMs: timeMs, task };
      timers.add(timer);
      arm(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer.handle);
      };
    },
    async advance(byMs) {
      const targetMs = now() + byMs;
      for (;;) {
        const next = earliest(timers);
        if (next === undefined || next.dueMs > targetMs) break;
        offsetMs = Math.max(offsetMs, next.dueMs - Date.now());
        await fire(next);
      }
      offsetMs = Math.max(offsetMs, targetMs - Date.now());
      for (const timer of timers) arm(timer);
    },
    stop() {
      for (const timer of timers) clearTimeout(timer.handle);
      timers.clear();
    },
  };
}
