import { callListener } from "../call-listener.ts";
import type { InvalidationSink } from "./invalidation-source.ts";

/** A sink whose failures end no source: what throws becomes a warning of the process, and a notice that throws rejects. */
export const guardedSink = (sink: InvalidationSink): Required<InvalidationSink> => ({
  notice: async (notice) => sink.notice(notice),
  gap: () => callListener("gap", () => sink.gap()),
  error: (...failure) => callListener("error", () => sink.error(...failure)),
  heard: () => callListener("heard", () => sink.heard?.()),
  ignored: (reason) => callListener("ignored", () => sink.ignored?.(reason)),
});
