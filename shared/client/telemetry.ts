import { type ObservableResult, metrics, SpanStatusCode, trace } from "@opentelemetry/api";
import { isRekeyError } from "../errors/rekey-error.ts";

export interface Counts {
  /** Reads of every kind. */
  reads: number;
  /** Reads that got a value which the source could not confirm in time. */
  staleReads: number;
  refreshes: number;
  failedRefreshes: number;
  rotations: number;
  notices: number;
  /** Messages that gave no notice, by reason. */
  readonly ignored: Map<string, number>;
}

export const noCounts = (): Counts => ({
  reads: 0,
  staleReads: 0,
  refreshes: 0,
  failedRefreshes: 0,
  rotations: 0,
  notices: 0,
  ignored: new Map(),
});

export interface State {
  secrets(): number;
  oldestAgeMs(): number;
  subscriptions(): readonly { readonly code: string | undefined }[];
}

export interface Telemetry {
  refresh<Answer>(secretId: string, work: () => Promise<Answer>): Promise<Answer>;
  stop(): void;
}

/**
 * Metrics and spans by OpenTelemetry's API alone: without an SDK they cost next to nothing. Reads are counted in a number
 * that is observed when metrics are collected, since a call for each would cost more than the read.
 */
export function createTelemetry(counts: Counts, state: State): Telemetry {
  const meter = metrics.getMeter("rekey.client");
  const tracer = trace.getTracer("rekey.client");
  const latency = meter.createHistogram("rekey.client.refresh.duration", { unit: "ms" });
  const observed = [
    [meter.createObservableCounter("rekey.client.reads"), () => counts.reads],
    [meter.createObservableCounter("rekey.client.reads.stale"), () => counts.staleReads],
    [meter.createObservableCounter("rekey.client.refreshes"), () => counts.refreshes],
    [meter.createObservableCounter("rekey.client.refreshes.failed"), () => counts.failedRefreshes],
    [meter.createObservableCounter("rekey.client.rotations"), () => counts.rotations],
    [meter.createObservableCounter("rekey.client.notices"), () => counts.notices],
    [meter.createObservableGauge("rekey.client.subscriptions"), () => state.subscriptions().length],
    [
      meter.createObservableGauge("rekey.client.subscriptions.failing"),
      () => state.subscriptions().filter(({ code }) => code !== undefined).length,
    ],
    [meter.createObservableGauge("rekey.client.secrets"), () => state.secrets()],
    [meter.createObservableGauge("rekey.client.age.oldest", { unit: "ms" }), () => state.oldestAgeMs()],
  ] as const;
  const stops = observed.map(([instrument, value]) => {
    const observe = (result: ObservableResult): void => result.observe(value());
    instrument.addCallback(observe);
    return () => instrument.removeCallback(observe);
  });
  const unrecognized = meter.createObservableCounter("rekey.client.notices.unrecognized");
  const observeUnrecognized = (result: ObservableResult): void => {
    for (const [reason, count] of counts.ignored) result.observe(count, { reason });
  };
  unrecognized.addCallback(observeUnrecognized);
  stops.push(() => unrecognized.removeCallback(observeUnrecognized));

  return {
    refresh: async (secretId, work) =>
      tracer.startActiveSpan("rekey.client.refresh", { attributes: { "rekey.secret": secretId } }, async (span) => {
        const startedMs = performance.now();
        let outcome = "ok";
        counts.refreshes++;
        try {
          return await work();
        } catch (error) {
          counts.failedRefreshes++;
          outcome = isRekeyError(error) ? error.code : "unknown";
          span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
          throw error;
        } finally {
          latency.record(performance.now() - startedMs, { outcome });
          span.end();
        }
      }),
    stop: () => stops.forEach((stop) => stop()),
  };
}
