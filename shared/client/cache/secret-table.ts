import { type CachedSecret, invalidated, keyOf } from "./cached-secret.ts";
import { createPackedSecrets } from "./packed-secrets.ts";

export interface SecretTable {
  /** The entry, which stays the one of its key until the end of this turn of the event loop at least. */
  get(key: string): CachedSecret | undefined;
  add(entry: CachedSecret): void;
  /** Tells that a request has ended, and by how much the entry's value has grown by it. */
  settled(characters: number): void;
  /** To look at only: of a packed entry it gives a copy. */
  values(): Iterable<CachedSecret>;
  /** The entries of the secrets whose ids match. */
  matching(matches: (secretId: string) => boolean): Iterable<CachedSecret>;
  readonly size: number;
  readonly bytes: number;
  clear(): void;
}

/** What an entry costs at most on top of the texts of its ids and its value. */
const entryBytes = 300;
/** Entries that stay objects: the fastest to read. Of the others the table keeps rows of numbers. */
const mostUnpacked = 256;

const costOf = (entry: CachedSecret): number =>
  entryBytes + 2 * keyOf(entry.secretId, entry.at).length + (entry.version?.value.length ?? 0);
const isHeld = ({ version }: CachedSecret): number => (version === undefined ? 0 : 1);
/** A handle may still hold the entry: nothing of it may be served from now on. */
const detach = (entry: CachedSecret): void =>
  void Object.assign(entry, { version: undefined, ready: undefined, parsed: undefined, freshUntilMs: invalidated });

/**
 * Entries by key, within a count and an estimate of bytes. Those that were never answered go first, then the one unused for
 * the longest time; one with a request in inFlight stays, so that a secret never has two. The order comes from the numbers
 * that reads leave: sorted once for a tenth of the entries, and those that were read since are passed over, since they are
 * no longer the oldest.
 *
 * What was not read lately is packed, between turns of the event loop, so that nobody who works with an entry loses it.
 */
export function createSecretTable(limits: { readonly maxSecrets: number; readonly maxBytes: number }): SecretTable {
  const entries = new Map<string, CachedSecret | number>();
  const packed = createPackedSecrets();
  let bytes = 0;
  let changes = 0;
  let oldest: { readonly key: string; readonly usedAt: number }[] = [];

  function* values(): Iterable<CachedSecret> {
    for (const [key, found] of entries) yield typeof found === "number" ? packed.read(found, key) : found;
  }

  function changed(): void {
    if (++changes === mostUnpacked) setImmediate(packUnused);
  }

  function packUnused(): void {
    changes = 0;
    const unpacked = [...entries.values()].filter((found) => typeof found !== "number");
    for (const entry of unpacked.sort((one, other) => other.usedAt - one.usedAt).slice(mostUnpacked)) {
      const row = packed.pack(entry);
      if (row === undefined) continue;
      entries.set(entry.secretId, row);
      detach(entry);
    }
  }

  function get(key: string): CachedSecret | undefined {
    const found = entries.get(key);
    if (typeof found !== "number") return found;
    const entry = packed.read(found, key);
    packed.drop(found);
    entries.set(key, entry);
    changed();
    return entry;
  }

  function sortOldest(): void {
    const idle = [...values()].filter(({ requestState }) => requestState?.inFlight === undefined);
    idle.sort((one, other) => isHeld(one) - isHeld(other) || one.usedAt - other.usedAt);
    oldest = idle
      .slice(0, Math.ceil(idle.length / 10))
      .map(({ secretId, at, usedAt }) => ({ key: keyOf(secretId, at), usedAt }))
      .reverse();
  }

  function* matching(matches: (secretId: string) => boolean): Iterable<CachedSecret> {
    for (const [key, found] of entries)
      if (matches(typeof found === "number" ? key : found.secretId)) yield get(key) as CachedSecret;
  }

  function remove(entry: CachedSecret): void {
    entries.delete(keyOf(entry.secretId, entry.at));
    bytes -= costOf(entry);
    detach(entry);
  }

  function makeRoomFor(more: number): void {
    while (entries.size + more > limits.maxSecrets || bytes > limits.maxBytes) {
      if (oldest.length === 0) sortOldest();
      const next = oldest.pop();
      if (next === undefined) return;
      const entry = get(next.key);
      if (entry?.usedAt === next.usedAt && entry.requestState?.inFlight === undefined) remove(entry);
    }
  }

  return {
    get,
    add(entry) {
      makeRoomFor(1);
      entries.set(keyOf(entry.secretId, entry.at), entry);
      bytes += costOf(entry);
      changed();
    },
    settled(characters) {
      bytes += characters;
      makeRoomFor(0);
      changed();
    },
    values,
    matching,
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    clear() {
      for (const entry of matching(() => true)) remove(entry);
    },
  };
}
