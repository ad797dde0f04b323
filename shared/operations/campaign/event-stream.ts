import type { CallOptions } from "../../ports/call.ts";

/**
 * The events of several workers as one async iterable. It begins with the first `next`, ends with the work, and throws what
 * the work threw. If it is left before its end, or when the caller's signal fires, the work's signal fires.
 */
export async function* eventStream<Event>(
  work: (tell: (event: Event) => void, call: CallOptions) => Promise<void>,
  { signal }: CallOptions,
): AsyncGenerator<Event> {
  const waiting: Event[] = [];
  const left = new AbortController();
  let wake = (): void => undefined;
  let isOver = false;
  const tell = (event: Event): void => {
    waiting.push(event);
    wake();
  };
  const over = work(tell, { signal: AbortSignal.any([signal, left.signal]) }).finally(() => {
    isOver = true;
    wake();
  });
  // Thrown after the last event has been taken; until then it must not be an unhandled rejection.
  over.catch(() => undefined);
  try {
    for (;;) {
      yield* waiting.splice(0);
      if (waiting.length > 0) continue;
      if (isOver) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    await over;
  } finally {
    left.abort();
  }
}
