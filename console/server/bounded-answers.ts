import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { CallOptions } from "../../shared/ports/call.ts";
import { problemText } from "./problem.ts";

const answerTimeoutMs = 60_000;

/** An answer ends with its request, with the console (`end`), or after a minute. */
export const bounded = (context: Context, end: AbortSignal): CallOptions => ({
  signal: AbortSignal.any([context.req.raw.signal, end, AbortSignal.timeout(answerTimeoutMs)]),
});

const commentEveryMs = 15_000;

/**
 * A stream of events: it ends with the work, the browser or the console (`end`). A comment now and then keeps the connection;
 * what the work fails with is the last event, `problem`.
 */
export const streamedEvents = (
  context: Context,
  end: AbortSignal,
  work: (stream: SSEStreamingApi, call: CallOptions) => Promise<void>,
): Response =>
  streamSSE(context, async (stream) => {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    const comment = setInterval(() => void stream.write(": still here\n\n"), commentEveryMs);
    try {
      await work(stream, { signal: AbortSignal.any([end, left.signal]) });
    } catch (error) {
      await stream.writeSSE({ event: "problem", data: JSON.stringify(problemText(error)) });
    } finally {
      clearInterval(comment);
    }
  });
