import { RekeyError } from "../../errors/rekey-error.ts";

export const timeSpent = (operation: string): RekeyError =>
  new RekeyError("time-budget-spent", { context: { operation } });

/**
 * The work's result. When the signal comes first, `cut` ends what the work waits for.
 *
 * @example
 * ```ts
 * import { once } from "node:events";
 * import type { Socket } from "node:net";
 * import { type CallOptions, cutOnAbort } from "rekey/engine";
 *
 * const answered = async (socket: Socket, { signal }: CallOptions) =>
 *   cutOnAbort(async () => once(socket, "data"), signal, () => socket.destroy());
 * ```
 */
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
  let fail: (reason: unknown) => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => (fail = reject));
  return cutOnAbort(
    async () => Promise.race([work(), aborted]),
    signal,
    () => {
      cut();
      fail(signal.reason);
    },
  );
}
