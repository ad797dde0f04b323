import { setTimeout as sleep } from "node:timers/promises";
import { jittered } from "./in-time.ts";
import type { InvalidationSource } from "./invalidation-source.ts";
import { pollingSource } from "./polling-source.ts";

/**
 * Has everything asked for again at an interval, up to a fifth longer or shorter. It keeps no process alive. Errors:
 * `option-invalid`.
 */
export function timerSource({ intervalMs }: { readonly intervalMs: number }): InvalidationSource {
  const pauseMs = jittered("intervalMs", intervalMs);
  return pollingSource("timer", async (sink, _connected, signal) => {
    await sleep(pauseMs(), undefined, { signal, ref: false });
    sink.gap();
    sink.heard();
  });
}
