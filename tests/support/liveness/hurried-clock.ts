import { type Clock, eventLoopClock } from "../../../shared/client/clock.ts";

export interface HurriedClock extends Clock {
  /** From now on it is so much later; sleeps are as long as ever. */
  skip(ms: number): void;
}

/** Real time, of which some can be left out. */
export function hurriedClock(): HurriedClock {
  const clock = eventLoopClock();
  let skippedMs = 0;
  return {
    ...clock,
    nowMs: () => clock.nowMs() + skippedMs,
    skip(ms) {
      skippedMs += ms;
    },
  };
}
