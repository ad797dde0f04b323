import { type CachedSecret, invalidated, keyOf } from "./cached-secret.ts";

export interface SecretTable {
  get(key: string): CachedSecret | undefined;
  add(entry: CachedSecret): void;
  /** Tells that a request has ended, and by how much the entry's value has grown by it. */
  settled(characters: number): void;
  values(): Iterable<CachedSecret>;
  readonly size: number;
  readonly bytes: number;
  clear(): void;
}

/** What an entry costs on top of the texts of its ids and its value. */
const entryBytes = 300;

const costOf = (entry: CachedSecret): number =>
  entryBytes + 2 * keyOf(entry.secretId, entry.at).length + (entry.version?.value.length ?? 0);
const isHeld = ({ version }: CachedSecret): number => (version === undefined ? 0 : 1);

/**
 * Entries by key, within a count and an estimate of bytes. Those that were never answered go first, then the one unused for
 * the longest time; one with a request in flight stays, so that a secret never has two. The order comes from the numbers
 * that reads leave: sorted once for a tenth of the entries, and those that were read since are passed over, since they are
 * no longer the oldest.
 */
export function createSecretTable(limits: { readonly maxSecrets: number; readonly maxBytes: number }): SecretTable {
  const entries = new Map<string, CachedSecret>();
  let bytes = 0;
  let oldest: { readonly entry: CachedSecret; readonly usedAt: number }[] = [];

  function sortOldest(): void {
    const idle = [...entries.values()].filter(({ requestState }) => requestState?.inFlight === undefined);
    idle.sort((one, other) => isHeld(one) - isHeld(other) || one.usedAt - other.usedAt);
    oldest = idle
      .slice(0, Math.ceil(idle.length / 10))
      .map((entry) => ({ entry, usedAt: entry.usedAt }))
      .reverse();
  }

  function remove(entry: CachedSecret): void {
    entries.delete(keyOf(entry.secretId, entry.at));
    bytes -= costOf(entry);
    // A handle may still hold the entry: nothing of it may be served from now on.
    Object.assign(entry, { version: undefined, ready: undefined, parsed: undefined, freshUntilMs: invalidated });
  }

  function makeRoomFor(more: number): void {
    while (entries.size + more > limits.maxSecrets || bytes > limits.maxBytes) {
      if (oldest.length === 0) sortOldest();
      const next = oldest.pop();
      if (next === undefined) return;
      const { entry, usedAt } = next;
      const untouched = entry.usedAt === usedAt && entry.requestState?.inFlight === undefined;
      if (untouched && entries.get(keyOf(entry.secretId, entry.at)) === entry) remove(entry);
    }
  }

  return {
    get: (key) => entries.get(key),
    add(entry) {
      makeRoomFor(1);
      entries.set(keyOf(entry.secretId, entry.at), entry);
      bytes += costOf(entry);
    },
    settled(characters) {
      bytes += characters;
      makeRoomFor(0);
    },
    values: () => entries.values(),
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    clear() {
      for (const entry of entries.values()) remove(entry);
    },
  };
}
