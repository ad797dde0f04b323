/** Something may have changed. What is told several times before it is looked at is one. */
export interface News {
  tell(): void;
  /** Tells later: each time in a row later than before. */
  tellLater(): void;
  /** What was told later so far is over: the next time is soon again. */
  settle(): void;
  next(): Promise<void>;
  stop(): void;
}

const firstMs = 2_000;
const longestMs = 60_000;

/** `everyMs`: it also tells at this interval. */
export function createNews(everyMs: number): News {
  let isNew = false;
  let wake = (): void => undefined;
  let laterMs = firstMs;
  let later: NodeJS.Timeout | undefined;
  let isStopped = false;
  const tell = (): void => {
    isNew = true;
    wake();
  };
  const interval = setInterval(tell, everyMs);
  return {
    tell,
    tellLater() {
      if (later !== undefined || isStopped) return;
      later = setTimeout(() => {
        later = undefined;
        tell();
      }, laterMs);
      laterMs = Math.min(2 * laterMs, longestMs);
    },
    settle: () => void (laterMs = firstMs),
    async next() {
      while (!isNew) await new Promise<void>((resolve) => (wake = resolve));
      isNew = false;
    },
    stop() {
      isStopped = true;
      clearInterval(interval);
      clearTimeout(later);
    },
  };
}
