import {
  type Attributes,
  type MetricOptions,
  metrics,
  type ObservableCallback,
  type SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { isRekeyError } from "../errors/reading-error.ts";

const scope = "rekey.client";
/** The number alone: the API's enumeration would be in every bundle. */
const failedStatus: SpanStatusCode.ERROR = 2;

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

const counters = [
  ["reads", "reads"],
  ["reads.stale", "staleReads"],
  ["refreshes", "refreshes"],
  ["refreshes.failed", "failedRefreshes"],
  ["rotations", "rotations"],
  ["notices", "notices"],
] as const;

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
export function createTelemetry(counts: Counts, state: State, attributes?: Attributes): Telemetry {
  const meter = metrics.getMeter(scope);
  const tracer = trace.getTracer(scope);
  const latency = meter.createHistogram(`${scope}.refresh.duration`, { unit: "ms" });
  const stops: (() => void)[] = [];
  function observe(
    kind: "Counter" | "Gauge",
    name: string,
    callback: ObservableCallback,
    options?: MetricOptions,
  ): void {
    const instrument = meter[`createObservable${kind}`](`${scope}.${name}`, options);
    instrument.addCallback(callback);
    stops.push(() => instrument.removeCallback(callback));
  }
  const observeNumber = (kind: "Counter" | "Gauge", name: string, value: () => number, options?: MetricOptions): void =>
    observe(kind, name, (result) => result.observe(value(), attributes), options);

  for (const [name, of] of counters) observeNumber("Counter", name, () => counts[of]);
  observe("Counter", "notices.unrecognized", (result) => {
    for (const [reason, count] of counts.ignored) result.observe(count, { ...attributes, reason });
  });
  observeNumber("Gauge", "subscriptions", () => state.subscriptions().length);
  observeNumber(
    "Gauge",
    "subscriptions.failing",
    () => state.subscriptions().filter(({ code }) => code !== undefined).length,
  );
  observeNumber("Gauge", "secrets", () => state.secrets());
  observeNumber("Gauge", "age.oldest", () => state.oldestAgeMs(), { unit: "ms" });

  return {
    refresh: async (secretId, work) =>
      tracer.startActiveSpan(`${scope}.refresh`, { attributes: { "rekey.secret": secretId } }, async (span) => {
        const startedMs = performance.now();
        let outcome = "ok";
        counts.refreshes++;
        try {
          return await work();
        } catch (error) {
          counts.failedRefreshes++;
          outcome = isRekeyError(error) ? error.code : "unknown";
          span.setStatus({ code: failedStatus, message: outcome });
          throw error;
        } finally {
          latency.record(performance.now() - startedMs, { ...attributes, outcome });
          span.end();
        }
      }),
    stop: () => stops.forEach((stop) => stop()),
  };
}
