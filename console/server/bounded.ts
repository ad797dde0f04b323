import type { Context } from "hono";
import type { CallOptions } from "../../shared/ports/call.ts";

const answerTimeoutMs = 60_000;

/** An answer ends with its request, with the console (`end`), or after a minute. */
export const bounded = (context: Context, end: AbortSignal): CallOptions => ({
  signal: AbortSignal.any([context.req.raw.signal, end, AbortSignal.timeout(answerTimeoutMs)]),
});
