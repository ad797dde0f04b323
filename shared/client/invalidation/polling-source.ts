import { setTimeout as sleep } from "node:timers/promises";
import { jittered } from "./in-time.ts";
import { isRekeyError, RekeyError } from "../../errors/reading-error.ts";
import { failureReason } from "../name-of-thrown.ts";
import { guardedSink, type InvalidationSink, type InvalidationSource } from "./invalidation-source.ts";

/** One round of asking; it calls `connected` as soon as it knows that it missed nothing from now on. */
export type Poll = (sink: Required<InvalidationSink>, connected: () => void, signal: AbortSignal) => Promise<void>;

const firstBackOffMs = 200;
const longestBackOffMs = 30_000;

/** How long to wait after so many failures in a row, the first being number 0: longer each time, with jitter. */
const backOffMs = (failures: number): number =>
  Math.min(firstBackOffMs * 2 ** failures, longestBackOffMs) * (0.5 + Math.random() / 2);

/**
 * Polls until it is stopped. After a failure it waits longer each time, with jitter, and once it is connected again it
 * tells of the gap. `hintFor`: the next step for a reason. Errors: `invalidation-unavailable`, to the sink.
 */
export function pollingSource(
  name: string,
  poll: Poll,
  hintFor: (reason: string) => string | undefined = () => undefined,
): InvalidationSource {
  function translate(error: unknown): RekeyError {
    if (isRekeyError(error, "invalidation-unavailable")) return error;
    const reason = failureReason(error);
    return new RekeyError("invalidation-unavailable", { context: { source: name, reason }, hint: hintFor(reason) });
  }

  return {
    name,
    tellsWhenHeard: true,
    start(given) {
      const sink = guardedSink(given);
      const stopping = new AbortController();
      const { signal } = stopping;

      async function run(): Promise<void> {
        let failures = 0;
        const connected = (): void => {
          if (failures > 0) sink.gap();
          failures = 0;
        };
        while (!signal.aborted) {
          try {
            await poll(sink, connected, signal);
          } catch (error) {
            if (signal.aborted) return;
            sink.error(translate(error));
            await sleep(backOffMs(failures++), undefined, { signal, ref: false }).catch(() => undefined);
          }
        }
      }
      const running = run();
      return {
        async stop() {
          stopping.abort();
          await running;
        },
      };
    },
  };
}

/**
 * Has everything asked for again at an interval, up to a fifth longer or shorter. It keeps no process alive. Errors:
 * `option-invalid`.
 *
 * @example
 * ```ts
 * import { createSecretClient, type SecretSource, timerSource } from "rekey/client";
 *
 * declare const source: SecretSource;
 * createSecretClient({ source }).subscribe(timerSource({ intervalMs: 60_000 }));
 * ```
 */
export function timerSource({ intervalMs }: { readonly intervalMs: number }): InvalidationSource {
  const pauseMs = jittered("intervalMs", intervalMs);
  return pollingSource("timer", async (sink, _connected, signal) => {
    await sleep(pauseMs(), undefined, { signal, ref: false });
    sink.gap();
    sink.heard();
  });
}
