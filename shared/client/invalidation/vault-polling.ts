import { setTimeout as sleep } from "node:timers/promises";
import type { VaultSource } from "../vault/vault-source.ts";
import type { InvalidationSource } from "./invalidation-source.ts";
import { pollingSource } from "./polling-source.ts";

export interface VaultPollingOptions {
  readonly vault: VaultSource;
  readonly secretIds: readonly string[];
  /** Between two rounds, up to a fifth more or less. 5,000. */
  readonly intervalMs?: number;
}

/** Looks at the KV metadata of each key, which holds no value, and tells which version lies there once its revision changed. */
export function vaultPolling({ vault, secretIds, intervalMs = 5_000 }: VaultPollingOptions): InvalidationSource {
  const revisions = new Map<string, number>();
  let isFirst = true;

  return pollingSource("vault metadata", async (sink, connected, signal) => {
    for (const secretId of secretIds) {
      const revision = await vault.revision(secretId, { signal });
      const before = revisions.get(secretId);
      if (revision === undefined || revision === before) continue;
      const version =
        before === undefined ? undefined : await vault.read(secretId, { label: "AWSCURRENT" }, { signal });
      if (version !== undefined) await sink.notice({ secretArn: secretId, versionId: version.versionId });
      revisions.set(secretId, revision);
    }
    // What was read before the first round may have changed before it.
    if (isFirst) sink.gap();
    isFirst = false;
    connected();
    await sleep(intervalMs * (0.8 + Math.random() * 0.4), undefined, { signal, ref: false });
  });
}
