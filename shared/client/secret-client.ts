import { setTimeout as sleep } from "node:timers/promises";
import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import type { SecretSource, SourceVersion } from "./secret-source.ts";

export interface SecretClientOptions {
  readonly source: SecretSource;
  /** How long a value is served without asking; up to a tenth less, so that many processes do not ask at once. 300,000. */
  readonly ttlMs?: number;
  /** How long after that a value may still be served while the source fails. 3,600,000. */
  readonly maxStaleMs?: number;
  /** The same once the source says access denied: rights may have been taken away. 60,000. */
  readonly maxDeniedMs?: number;
  /** For one request to the source. 3,000. */
  readonly requestTimeoutMs?: number;
  /** Secrets kept; the one unused for the longest time goes first. 1,000. */
  readonly maxSecrets?: number;
  readonly nowMs?: () => number;
}

/** What an event says: which version is current now, and which one it replaced. */
export interface RotationNotice {
  readonly versionId: string;
  readonly previousVersionId?: string;
}

/**
 * Reads secrets through a cache: one request at a time for each secret, a stale value while the source fails, and after a
 * notice of a rotation never the version that it replaced.
 */
export interface SecretClient extends Disposable {
  /** Errors: those of the source, when there is no value that may still be served. */
  get(secretId: string): Promise<SourceVersion>;
  /** The value that `get` would give without asking, or `undefined`. */
  peek(secretId: string): SourceVersion | undefined;
  /** Asks now. Errors: those of the source. */
  refresh(secretId: string): Promise<SourceVersion>;
  /** AWSPENDING as it is now, never cached: right in the moments before a promotion. */
  pending(secretId: string): Promise<SourceVersion | undefined>;
  /** Makes the next read ask; with a notice, versions that it says are replaced are not taken any more. */
  invalidate(secretId: string, notice?: RotationNotice): void;
  /** Called with each version that replaces another one. Returns a way to stop listening. */
  onRotated(listener: (secretId: string, version: SourceVersion) => void): () => void;
}

interface Entry {
  version: SourceVersion | undefined;
  /** The version as a settled promise, so that a warm read makes none. */
  ready: Promise<SourceVersion> | undefined;
  usedAt: number;
  freshUntilMs: number;
  staleUntilMs: number;
  flight: Promise<SourceVersion> | undefined;
  readonly replaced: Set<string>;
}

/** A replica of the region may lag behind the event; this often it is asked again, 4 s in all. */
const laggingTries = 6;
const firstLagWaitMs = 60;
const rememberedReplaced = 20;

/** An ARN without its random suffix and a name are the same secret as the full ARN. */
const keyOf = (secretId: string): string =>
  /:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1] ?? secretId.split(":secret:").at(-1) ?? secretId;

export function createSecretClient(options: SecretClientOptions): SecretClient {
  const {
    source,
    ttlMs = 300_000,
    maxStaleMs = 3_600_000,
    maxDeniedMs = 60_000,
    requestTimeoutMs = 3_000,
    maxSecrets = 1_000,
  } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const entries = new Map<string, Entry>();
  const listeners = new Set<(secretId: string, version: SourceVersion) => void>();
  const closing = new AbortController();

  /** Each form of an id that was asked for, beside the entry that it stands for. */
  const byGivenId = new Map<string, Entry>();
  let uses = 0;

  function evict(): void {
    while (entries.size > maxSecrets) {
      const [key, entry] = [...entries].reduce((one, other) => (other[1].usedAt < one[1].usedAt ? other : one));
      entries.delete(key);
      for (const [id, kept] of byGivenId) if (kept === entry) byGivenId.delete(id);
    }
  }

  function entryOf(secretId: string): Entry {
    const known = byGivenId.get(secretId) ?? entries.get(keyOf(secretId));
    const entry: Entry = known ?? {
      version: undefined,
      ready: undefined,
      usedAt: 0,
      freshUntilMs: 0,
      staleUntilMs: 0,
      flight: undefined,
      replaced: new Set(),
    };
    entry.usedAt = ++uses;
    byGivenId.set(secretId, entry);
    if (known === undefined) {
      entries.set(keyOf(secretId), entry);
      evict();
    }
    return entry;
  }

  const ask = async (secretId: string, label: "AWSCURRENT" | "AWSPENDING"): Promise<SourceVersion | undefined> =>
    source.read(
      secretId,
      { label },
      { signal: AbortSignal.any([closing.signal, AbortSignal.timeout(requestTimeoutMs)]) },
    );

  async function askCurrent(secretId: string, entry: Entry): Promise<SourceVersion> {
    for (let tried = 1; ; tried++) {
      const version = await ask(secretId, "AWSCURRENT");
      if (version === undefined)
        throw new RekeyError("secret-not-found", { context: { secret: secretId, label: "AWSCURRENT" } });
      if (!entry.replaced.has(version.versionId)) return version;
      if (tried === laggingTries) {
        // It was replaced and is current all the same: somebody moved the label back.
        entry.replaced.delete(version.versionId);
        return version;
      }
      await sleep(firstLagWaitMs * 2 ** (tried - 1), undefined, { signal: closing.signal, ref: false });
    }
  }

  function keep(secretId: string, entry: Entry, version: SourceVersion): SourceVersion {
    const before = entry.version;
    entry.freshUntilMs = nowMs() + ttlMs * (1 - Math.random() / 10);
    entry.staleUntilMs = nowMs() + ttlMs + maxStaleMs;
    if (before?.versionId === version.versionId) return before;
    entry.version = version;
    entry.ready = Promise.resolve(version);
    if (before !== undefined) {
      replace(entry, before.versionId);
      for (const listener of listeners) listener(secretId, version);
    }
    return version;
  }

  function replace(entry: Entry, versionId: string): void {
    entry.replaced.add(versionId);
    for (const oldest of entry.replaced) {
      if (entry.replaced.size <= rememberedReplaced) break;
      entry.replaced.delete(oldest);
    }
  }

  function fly(secretId: string, entry: Entry): Promise<SourceVersion> {
    entry.flight ??= askCurrent(secretId, entry)
      .then((version) => keep(secretId, entry, version))
      .catch((error: unknown) => {
        if (isRekeyError(error, "access-denied"))
          entry.staleUntilMs = Math.min(entry.staleUntilMs, nowMs() + maxDeniedMs);
        throw error;
      })
      .finally(() => {
        entry.flight = undefined;
      });
    return entry.flight;
  }

  const servable = (entry: Entry): SourceVersion | undefined =>
    entry.version !== undefined && !entry.replaced.has(entry.version.versionId) ? entry.version : undefined;

  async function getStale(secretId: string, entry: Entry): Promise<SourceVersion> {
    const version = servable(entry);
    const refreshed = fly(secretId, entry);
    if (version === undefined || nowMs() >= entry.staleUntilMs) return refreshed;
    refreshed.catch(() => undefined);
    return version;
  }

  return {
    get(secretId) {
      const entry = byGivenId.get(secretId) ?? entryOf(secretId);
      entry.usedAt = ++uses;
      return entry.ready !== undefined && nowMs() < entry.freshUntilMs ? entry.ready : getStale(secretId, entry);
    },
    peek(secretId) {
      const entry = byGivenId.get(secretId);
      return entry !== undefined && nowMs() < entry.freshUntilMs ? entry.version : undefined;
    },
    refresh: async (secretId) => fly(secretId, entryOf(secretId)),
    pending: async (secretId) => ask(secretId, "AWSPENDING"),
    invalidate(secretId, notice) {
      const entry = entries.get(keyOf(secretId));
      if (entry === undefined || (notice !== undefined && entry.version?.versionId === notice.versionId)) return;
      if (notice !== undefined && entry.replaced.has(notice.versionId)) return;
      if (notice?.previousVersionId !== undefined) replace(entry, notice.previousVersionId);
      entry.freshUntilMs = 0;
    },
    onRotated(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    [Symbol.dispose]() {
      closing.abort();
      entries.clear();
      byGivenId.clear();
      listeners.clear();
    },
  };
}
