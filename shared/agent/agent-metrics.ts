import type { IncomingMessage, ServerResponse } from "node:http";
import { metrics, type ObservableResult } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

export interface AgentMetrics {
  /** Counts a request by how it ended. */
  count(outcome: string): void;
  /** Answers with everything that this process measures, in Prometheus' text format. */
  respond(request: IncomingMessage, response: ServerResponse): void;
  stop(): Promise<void>;
}

/**
 * OpenTelemetry's metrics for a scraper: the agent's own, and those that the client measures anyway. It must be made before
 * the client, which takes its instruments when it is made. No label holds a secret's id.
 */
export function agentMetrics(measured: {
  readonly openConnections: () => number;
  readonly droppedLogLines: () => number;
}): AgentMetrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  metrics.setGlobalMeterProvider(provider);
  const meter = provider.getMeter("rekey.agent");
  const counts = new Map<string, number>();
  meter.createObservableCounter("rekey.agent.requests").addCallback((result: ObservableResult) => {
    for (const [outcome, count] of counts) result.observe(count, { outcome });
  });
  meter
    .createObservableGauge("rekey.agent.connections")
    .addCallback((result: ObservableResult) => result.observe(measured.openConnections()));
  meter
    .createObservableCounter("rekey.agent.log_lines_dropped")
    .addCallback((result: ObservableResult) => result.observe(measured.droppedLogLines()));

  return {
    count: (outcome) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1),
    respond: (request, response) => exporter.getMetricsRequestHandler(request, response),
    async stop() {
      await provider.shutdown();
      metrics.disable();
    },
  };
}
