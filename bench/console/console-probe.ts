import { monitorEventLoopDelay } from "node:perf_hooks";

/** What the console's process tells of itself when it is asked. */
export interface Probed {
  /** After a collection of garbage. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Since it began. */
  readonly cpuMs: number;
  /** The longest time for which nothing else could be answered since it was asked last. */
  readonly longestBlockMs: number;
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on("message", () => {
  const longestBlockMs = delay.max / 1e6;
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const probed: Probed = { heapBytes: heapUsed, rssBytes: rss, cpuMs: (user + system) / 1_000, longestBlockMs };
  process.send?.(probed);
  // The collection itself is not counted.
  setTimeout(() => delay.reset(), 50).unref();
});
process.channel?.unref();
