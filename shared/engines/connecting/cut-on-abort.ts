/** The work's result. When the signal comes first, `cut` ends what the work waits for. */
export async function cutOnAbort<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  cut: () => void,
): Promise<Result> {
  signal.addEventListener("abort", cut, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/** As `cutOnAbort`, for work that may outlast the cut: the signal's own error comes at once. */
export async function unlessAborted<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal,
  cut: () => void,
): Promise<Result> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => {
      cut();
      reject(signal.reason as Error);
    };
  });
  return cutOnAbort(async () => Promise.race([work(), aborted]), signal, () => abort());
}
