/** Resolves when the work has ended, in whatever way, or the time has. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    late = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.catch(() => undefined), timeUp]);
  clearTimeout(late);
}
