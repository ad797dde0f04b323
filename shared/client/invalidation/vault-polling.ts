import { setTimeout as sleep } from "node:timers/promises";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { VaultSource } from "../sources/vault/vault-source.ts";
import { failureReason } from "../name-of-thrown.ts";
import { inTime, jittered } from "./in-time.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { pollingSource } from "./polling-source.ts";

export interface VaultPollingOptions {
  readonly vault: VaultSource;
  readonly secretIds: readonly string[];
  /** Between two rounds, up to a fifth more or less. 5,000. */
  readonly intervalMs?: number;
  /** For each request, with the login before it. 10,000. */
  readonly requestTimeoutMs?: number;
}

interface Key {
  readonly secretId: string;
  /** Of its newest KV revision; 0: there is no such key. `undefined`: nobody has looked yet. */
  revision?: number;
  failures: number;
  retryAtMs: number;
}

/** No answer, of one key or of Vault. */
const noAnswer = new Set(["mirror-unavailable", "time-budget-spent", "tls-refused"]);
/** One key may be slow or broken by itself; after so many in a row it is Vault. */
const mostInARow = 3;
const tooManyRequests = 429;
/** A key that fails is looked at again after the interval, then after twice as long each time, up to this. */
const longestRetryMs = 60_000;

/** Vault asks for fewer requests, or refuses the login. */
const isOfAllKeys = (error: unknown): boolean =>
  isRekeyError(error) && (error.context["status"] === tooManyRequests || error.context["operation"] === "login");

/**
 * Looks at the KV metadata of each key, which holds no value, and tells which version lies there once its revision changed.
 * A key that is not there, or fails, is reported with its id and keeps none of the others back; when Vault itself does not
 * answer, the round ends, and the next one begins with the key after the last one. Errors: `option-invalid`; to the sink
 * those of the source, `secret-not-found`, `invalidation-unavailable`.
 *
 * @example
 * ```ts
 * import { createSecretClient } from "rekey/client";
 * import { type VaultSource, vaultPolling } from "rekey/client/vault";
 *
 * declare const vault: VaultSource;
 * createSecretClient({ source: vault }).subscribe(vaultPolling({ vault, secretIds: ["prod/orders"] }));
 * ```
 */
export function vaultPolling(options: VaultPollingOptions): InvalidationSource {
  const { vault, secretIds, intervalMs = 5_000, requestTimeoutMs = 10_000 } = options;
  const pauseMs = jittered("intervalMs", intervalMs);
  if (!(requestTimeoutMs > 0)) throw new RekeyError("option-invalid", { context: { option: "requestTimeoutMs" } });
  const keys = [...new Set(secretIds)].map((secretId): Key => ({ secretId, failures: 0, retryAtMs: 0 }));
  let isFirst = true;
  let next = 0;

  async function look(key: Key, sink: InvalidationSink, signal: AbortSignal): Promise<void> {
    const { secretId, revision: before } = key;
    const revision =
      (await inTime(requestTimeoutMs, signal, async (within) => vault.revision(secretId, { signal: within }))) ?? 0;
    if (revision === 0 && before !== 0)
      sink.error(new RekeyError("secret-not-found", { context: { secret: secretId } }), secretId);
    if (revision !== before && before !== undefined && revision !== 0) {
      const version = await inTime(requestTimeoutMs, signal, async (within) =>
        vault.read(secretId, { label: "AWSCURRENT" }, { signal: within }),
      );
      if (version !== undefined) {
        const notice = { secretArn: secretId, versionId: version.versionId };
        await inTime(requestTimeoutMs, signal, async () => sink.notice(notice));
      }
    }
    key.revision = revision;
    key.failures = 0;
  }

  function fail(key: Key, error: unknown, sink: InvalidationSink): void {
    key.retryAtMs = performance.now() + Math.min(intervalMs * 2 ** key.failures++, longestRetryMs);
    const reason = failureReason(error);
    const context = { source: "vault metadata", secret: key.secretId, reason };
    sink.error(isRekeyError(error) ? error : new RekeyError("invalidation-unavailable", { context }), key.secretId);
  }

  /** Errors: those of a Vault that answers for no key. */
  async function round(sink: InvalidationSink, signal: AbortSignal): Promise<void> {
    let inARow = 0;
    for (let looked = 0; looked < keys.length && !signal.aborted; looked++) {
      const key = keys[next++ % keys.length];
      if (key === undefined || performance.now() < key.retryAtMs) continue;
      try {
        await look(key, sink, signal);
        inARow = 0;
      } catch (error) {
        if (signal.aborted) return;
        inARow = noAnswer.has(failureReason(error)) ? inARow + 1 : 0;
        if (isOfAllKeys(error)) throw error;
        fail(key, error, sink);
        if (inARow === Math.min(mostInARow, keys.length)) throw error;
      }
    }
  }

  return pollingSource("vault metadata", async (sink, connected, signal) => {
    await round(sink, signal);
    // What was read before the first round may have changed before it.
    if (isFirst) sink.gap();
    isFirst = false;
    connected();
    if (keys.every(({ failures }) => failures === 0)) sink.heard();
    await sleep(pauseMs(), undefined, { signal, ref: false });
  });
}
