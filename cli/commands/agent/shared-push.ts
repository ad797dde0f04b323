import type { InvalidationSink, InvalidationSource } from "../../../shared/client/invalidation/invalidation-source.ts";

type Running = ReturnType<InvalidationSource["start"]>;

/**
 * A source that several clients subscribe to: it is started once, and stopped with its last subscriber. A message is
 * acknowledged when all have applied it. Failures and messages without a notice are for the first subscriber alone, so that
 * each is counted once.
 */
export function sharedPush(source: InvalidationSource): InvalidationSource {
  const sinks = new Set<InvalidationSink>();
  let running: Running | undefined;
  const first = (): InvalidationSink | undefined => sinks.values().next().value;
  const toAll: InvalidationSink = {
    notice: async (notice) => void (await Promise.all([...sinks].map(async (sink) => sink.notice(notice)))),
    gap: () => sinks.forEach((sink) => sink.gap()),
    error: (...failure) => first()?.error(...failure),
    heard: () => sinks.forEach((sink) => sink.heard?.()),
    ignored: (reason) => first()?.ignored?.(reason),
  };
  return {
    ...source,
    start(sink) {
      sinks.add(sink);
      running ??= source.start(toAll);
      return {
        async stop() {
          sinks.delete(sink);
          if (sinks.size > 0) return;
          const ended = running;
          running = undefined;
          await ended?.stop();
        },
      };
    },
  };
}
