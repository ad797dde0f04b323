/** What several workers tell, as one async iterable; it ends when the work does, and throws what the work threw. */
export async function* eventStream<Event>(
  work: (tell: (event: Event) => void) => Promise<void>,
): AsyncGenerator<Event> {
  const waiting: Event[] = [];
  let wake = (): void => undefined;
  let isOver = false;
  const over = work((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  // Its failure is thrown below, when all that was told before has been taken.
  over.catch(() => undefined);
  for (;;) {
    yield* waiting.splice(0);
    if (waiting.length > 0) continue;
    if (isOver) break;
    await new Promise<void>((resolve) => (wake = resolve));
  }
  await over;
}
