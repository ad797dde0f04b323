import type { CallOptions } from "../../ports/call.ts";

/**
 * What several workers tell, as one async iterable; it begins when it is first asked, ends when the work does, and throws
 * what the work threw. Left before its end, it fires the work's signal, as the caller's own does.
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
  // Its failure is thrown below, when all that was told before has been taken.
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
