import { setTimeout as sleep } from "node:timers/promises";
import type { InvalidationSource } from "./invalidation-source.ts";
import { pollingSource } from "./polling-source.ts";

/** Has everything asked for anew at an interval, up to a fifth longer or shorter. It keeps no process alive. */
export function timerSource({ intervalMs }: { readonly intervalMs: number }): InvalidationSource {
  return pollingSource("timer", async (sink, _connected, signal) => {
    await sleep(intervalMs * (0.8 + Math.random() * 0.4), undefined, { signal, ref: false });
    sink.gap();
  });
}
