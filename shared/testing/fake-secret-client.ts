import type { SecretClientOptions } from "../client/client-options.ts";
import { createSecretClient, type SecretClient } from "../client/secret-client.ts";
import { requestBudget } from "../client/cache/request-budget.ts";
import { type MemorySecrets, memorySecrets } from "./memory-secrets.ts";

export interface FakeSecretClient extends SecretClient {
  readonly secrets: MemorySecrets;
  /** Stores a new AWSCURRENT, tells the client as an event would, and waits until it has it. Returns the VersionId. */
  rotate(secretId: string, value: string | object): Promise<string>;
}

/**
 * The real client over secrets in memory, for a service's own tests: `fakeSecretClient({ "prod/orders": { … } })`.
 *
 * @example
 * ```ts
 * import { fakeSecretClient } from "rekey/testing";
 *
 * const client = fakeSecretClient({ "prod/orders": { username: "orders", password: "first" } });
 * await client.rotate("prod/orders", { username: "orders", password: "second" });
 * ```
 */
export function fakeSecretClient(
  initial: Readonly<Record<string, string | object>> = {},
  options: Omit<SecretClientOptions, "source"> = {},
): FakeSecretClient {
  const secrets = memorySecrets(initial);
  const budget = requestBudget({ requestsPerSecond: 1_000_000, burst: 1_000_000, whenSpent: "wait" });
  const client = createSecretClient({ budget, ...options, source: secrets });
  return {
    ...client,
    secrets,
    async rotate(secretId, value) {
      const versionId = secrets.put(secretId, value);
      client.invalidate(secretId, { atLeast: versionId });
      await client.refresh(secretId);
      return versionId;
    },
  };
}
