import type { SecretClientOptions } from "../../shared/client/client-options.ts";
import { requestBudget } from "../../shared/client/cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../../shared/client/secret-client.ts";
import { type ManualClock, manualClock } from "../../shared/testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../shared/testing/memory-secrets.ts";

/** A client by a clock of its own, of the secrets `a`, `b`, which is JSON, and `c`. */
export interface ClientStage extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly secrets: MemorySecrets;
  start(options?: Partial<SecretClientOptions>): SecretClient;
}

export function clientStage(): ClientStage {
  const clock = manualClock();
  const secrets = memorySecrets({ a: "one", b: { port: 1 }, c: "three" });
  const budget = requestBudget({ requestsPerSecond: 1e-9, burst: 1_000, whenSpent: "wait" }, clock);
  let client: SecretClient | undefined;
  return {
    clock,
    secrets,
    start(options) {
      client = createSecretClient({
        source: secrets,
        clock,
        budget,
        ttlMs: 10_000,
        random: () => 0,
        background: true,
        ...options,
      });
      return client;
    },
    [Symbol.asyncDispose]: async () => client?.close(),
  };
}
