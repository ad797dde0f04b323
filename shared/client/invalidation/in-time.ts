import { setMaxListeners } from "node:events";
import { RekeyError } from "../../errors/rekey-error.ts";

/** A timer this late comes of a process that was blocked or frozen, not of whom it waited for. */
const lateMs = 1_000;
/** The longest delay of a timer. */
const longestMs = 2 ** 31 - 1;

/** An interval of an option, up to a fifth more or less. Errors: `option-invalid`. */
export function jittered(option: string, intervalMs: number): () => number {
  if (!(intervalMs > 0)) throw new RekeyError("option-invalid", { context: { option } });
  return () => Math.min(intervalMs * (0.8 + Math.random() * 0.4), longestMs);
}

/**
 * Does the work, at most this long, and no longer than until `stopping` is aborted; its own signal is aborted then. It ends
 * in time even when the work does not heed the signal. A timer that fires far too late starts again, so that an answer
 * that is there already counts. Keeps no process alive. Errors: `time-budget-spent`, those of the work.
 */
export async function inTime<Result>(
  ms: number,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Result | Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let end = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = () => {
      reject(new RekeyError("time-budget-spent", { context: { ms } }));
      over.abort();
    };
  });
  const wait = (): void => {
    const dueMs = performance.now() + ms;
    timer = setTimeout(() => (performance.now() - dueMs > lateMs ? wait() : end()), Math.min(ms, longestMs));
    timer.unref();
  };
  // As many as there are messages, each until it is applied.
  setMaxListeners(0, stopping);
  try {
    stopping.addEventListener("abort", end, { once: true });
    if (stopping.aborted) end();
    else wait();
    return await Promise.race([ended, (async () => work(over.signal))()]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener("abort", end);
  }
}
