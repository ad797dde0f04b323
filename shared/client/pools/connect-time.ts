import { RekeyError } from "../../errors/rekey-error.ts";

/** How long a server may take to close a connection before the pool cuts it. */
export const goodbyeMs = 1_000;

/** A driver's own time-out starts a moment after `connect` was called; within this time it speaks first. */
const driversTurnMs = 50;

/** How long one call of `connect` may take. */
export interface ConnectTime {
  /** Aborted once the time is over. */
  readonly signal: AbortSignal;
  /** The result of reading the secret. Errors: its own, `time-budget-spent`; what is read goes on for the next caller. */
  forSecret<Result>(reading: Promise<Result>): Promise<Result>;
  /** The same for what another caller looks for: `isReading` tells which of the two it waits for. */
  forSearch<Result>(search: Promise<Result>, isReading: () => boolean): Promise<Result>;
  /** The result of waiting for a connection. Errors: its own, the driver's for a time-out. */
  forServer<Result>(connecting: Promise<Result>): Promise<Result>;
}

/**
 * `limitMs`: for all of `connect`; `undefined` or 0: without limit. `lateError`: what the driver says when its own time is over;
 * `undefined`: the driver limits the time for the server by itself, and not the wait for a free connection.
 */
export function connectTime(options: {
  readonly secretId: string;
  readonly limitMs: number | undefined;
  readonly lateError: (() => Error) | undefined;
}): ConnectTime {
  const { secretId, limitMs = 0, lateError } = options;
  const over = new AbortController();
  let leftMs = limitMs > 0 ? limitMs : Infinity;

  async function within<Result>(work: Promise<Result>, moreMs: number, error: () => Error): Promise<Result> {
    if (leftMs === Infinity) return work;
    const startedMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        over.abort();
        reject(error());
      }, leftMs + moreMs).unref();
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      leftMs = Math.max(0, leftMs - (performance.now() - startedMs));
    }
  }

  const spent = (): Error =>
    new RekeyError("time-budget-spent", {
      context: { secret: secretId, operation: "read the secret", timeoutMs: limitMs },
      hint: "the secret's source did not answer within the pool's time-out for connections; its read goes on for the next connection",
    });
  const driversTurn = (): number => (leftMs > limitMs - driversTurnMs ? driversTurnMs : 0);

  return {
    signal: over.signal,
    forSecret: async (reading) => within(reading, 0, spent),
    forSearch: async (search, isReading) =>
      within(search, driversTurn(), () => (isReading() ? spent() : (lateError ?? spent)())),
    forServer: async (connecting) =>
      lateError === undefined ? connecting : within(connecting, driversTurn(), lateError),
  };
}
