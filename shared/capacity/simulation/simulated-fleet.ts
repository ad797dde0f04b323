import type { InvalidationSink } from "../../client/invalidation/invalidation-source.ts";
import { requestBudget } from "../../client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../client/secret-client.ts";
import type { SecretSource } from "../../client/sources/secret-source.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";

export interface SimulatedFleet extends AsyncDisposable {
  readonly clock: ManualClock;
  /** The service's own client with its own cache and budget, one for each process, all under one virtual time. */
  readonly processes: readonly SecretClient[];
  /** When the backend was asked, in ms of virtual time. */
  readonly requestsAtMs: readonly number[];
  /** A new version of every secret. An event tells each process of it. */
  rotate(secretId: string, told: { readonly replacedStillWorks: boolean }): void;
}

/** Processes that read from a backend which answers at once and counts. */
export function simulatedFleet(options: {
  readonly processes: number;
  readonly ttlSeconds: number;
  readonly spreadSeconds: number;
  readonly random: () => number;
}): SimulatedFleet {
  const { ttlSeconds, spreadSeconds, random } = options;
  const clock = manualClock();
  const requestsAtMs: number[] = [];
  const sinks: InvalidationSink[] = [];
  const value = new SecretValue("{}");
  let version = 1;
  const source: SecretSource = {
    async read() {
      requestsAtMs.push(clock.nowMs());
      return { versionId: `version-${version}`, value, createdAt: new Date(version * 1_000) };
    },
  };
  const processes = Array.from({ length: options.processes }, () => {
    const budget = requestBudget({ requestsPerSecond: 100, burst: 200, whenSpent: "wait" }, clock);
    const settings = {
      ttlMs: ttlSeconds * 1_000,
      spreadMs: spreadSeconds * 1_000,
      maxSecrets: Number.MAX_SAFE_INTEGER,
    };
    const client = createSecretClient({ source, clock, random, budget, background: true, ...settings });
    client.subscribe({
      start(sink) {
        sinks.push(sink);
        return { stop: async () => undefined };
      },
    });
    return client;
  });

  return {
    clock,
    processes,
    requestsAtMs,
    rotate(secretArn, { replacedStillWorks }) {
      const previousVersionId = `version-${version++}`;
      const notice = { secretArn, versionId: `version-${version}`, previousVersionId, replacedStillWorks };
      for (const sink of sinks) void sink.notice(notice);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map(async (client) => client.close()));
    },
  };
}
