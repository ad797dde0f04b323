import { setTimeout as sleep } from "node:timers/promises";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";

/** One round of asking; it calls `connected` as soon as it knows that it missed nothing from now on. */
export type Poll = (sink: InvalidationSink, connected: () => void, signal: AbortSignal) => Promise<void>;

const firstBackOffMs = 200;
const longestBackOffMs = 30_000;

/**
 * Polls until it is stopped. After a failure it waits longer each time, with jitter, and once it is connected again it
 * tells of the gap. Errors: `invalidation-unavailable`, to the sink.
 */
export function pollingSource(name: string, poll: Poll): InvalidationSource {
  return {
    start(sink) {
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
            const reason = error instanceof RekeyError ? error.code : error instanceof Error ? error.name : "unknown";
            sink.error(new RekeyError("invalidation-unavailable", { context: { source: name, reason } }));
            const backOffMs = Math.min(firstBackOffMs * 2 ** failures++, longestBackOffMs);
            await sleep(backOffMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(
              () => undefined,
            );
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
