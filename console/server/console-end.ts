import { setTimeout } from "node:timers/promises";
import type { Context } from "hono";
import type { SSEStreamingApi } from "hono/streaming";
import type { CallOptions } from "../../shared/rotation/ports.ts";

/** The end of a console, which ends whatever it has open. */
export interface ConsoleEnd {
  readonly signal: AbortSignal;
  /** Calls `tell` so often until the browser or the console goes; now and then a comment keeps the connection. */
  whileOpen(stream: SSEStreamingApi, everyMs: number, tell: () => Promise<void>): Promise<void>;
  /** Fires when the browser or the console goes. */
  of(stream: SSEStreamingApi): AbortSignal;
}

const answerTimeoutMs = 60_000;
const commentEveryMs = 15_000;

/** An answer ends with its request, with the console, or after a minute. */
export const bounded = (context: Context, { signal }: ConsoleEnd): CallOptions => ({
  signal: AbortSignal.any([context.req.raw.signal, signal, AbortSignal.timeout(answerTimeoutMs)]),
});

export function consoleEnd(signal: AbortSignal): ConsoleEnd {
  const of = (stream: SSEStreamingApi): AbortSignal => {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    return AbortSignal.any([signal, left.signal]);
  };
  return {
    signal,
    of,
    async whileOpen(stream, everyMs, tell) {
      const open = of(stream);
      let commentAtMs = Date.now() + commentEveryMs;
      while (!open.aborted) {
        await tell();
        if (Date.now() >= commentAtMs) {
          await stream.write(": still here\n\n");
          commentAtMs = Date.now() + commentEveryMs;
        }
        await setTimeout(everyMs, undefined, { signal: open }).catch(() => undefined);
      }
    },
  };
}
