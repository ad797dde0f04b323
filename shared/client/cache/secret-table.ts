import { CachedSecret, keyOf } from "./cached-secret.ts";
import { createPackedSecrets } from "./packed-secrets.ts";

export interface SecretTable {
  /** The entry. Until the end of this turn of the event loop at least it stays the one of its key. */
  get(key: string): CachedSecret | undefined;
  add(entry: CachedSecret): void;
  /** Tells that a request has ended, and by how much the entry's value has grown by it. */
  settled(characters: number): void;
  /** What is not packed: every entry with a request, a failure, a notice or no value is. */
  values(): Iterable<CachedSecret>;
  /** When each value was confirmed. */
  confirmedAtMs(): readonly number[];
  /** The entries of the secrets whose ids match. */
  matching(matches: (secretId: string) => boolean): Iterable<CachedSecret>;
  readonly size: number;
  readonly bytes: number;
  /** Abandons the requests that are under way, too. */
  clear(): void;
}

/** What an entry costs at most on top of the texts of its ids and its value. */
const entryBytes = 300;

/** So many entries are never packed. */
const alwaysUnpacked = 128;
/** An entry that nobody reads for so long is packed; where there are many, looking at all of them costs something. */
const idleMs = (entries: number): number => Math.max(25, entries / 400);

const costOf = (entry: CachedSecret): number =>
  entryBytes + 2 * keyOf(entry.secretId, entry.at).length + (entry.version?.value.length ?? 0);

/** A handle may still hold the entry: nothing of it may be served from now on. */
const detach = (entry: CachedSecret): void => void Object.assign(entry, new CachedSecret(entry.secretId));

/**
 * Entries by key, within a count and an estimate of bytes. Those that were never answered go first, then the one unused for
 * the longest time; one with a request in inFlight stays, so that a secret never has two. The order comes from the numbers
 * that reads leave: sorted once for a tenth of the entries, and those that were read since are passed over, since they are
 * no longer the oldest.
 *
 * Where there are many, those that nobody reads at the moment are packed, and made again by the next read.
 */
export function createSecretTable(limits: { readonly maxSecrets: number; readonly maxBytes: number }): SecretTable {
  /** Numbers are rows of what is packed. */
  const entries = new Map<string, CachedSecret | number>();
  const packed = createPackedSecrets();
  let bytes = 0;
  let oldest: (readonly [key: string, usedAt: number])[] = [];
  let packing: NodeJS.Timeout | undefined;
  let newestSeen = 0;

  const unpacked = (): CachedSecret[] => [...entries.values()].filter((found) => typeof found !== "number");

  function get(key: string): CachedSecret | undefined {
    const found = entries.get(key);
    if (typeof found !== "number") return found;
    const entry = packed.unpack(found, key);
    entries.set(key, entry);
    packLater();
    return entry;
  }

  function packLater(): void {
    if (entries.size > alwaysUnpacked) packing ??= setTimeout(packIdle, idleMs(entries.size)).unref();
  }

  /** In a turn of its own, so that nobody who works with an entry loses it. */
  function packIdle(): void {
    packing = undefined;
    const newestFirst = unpacked().sort((one, other) => other.usedAt - one.usedAt);
    const seenBefore = newestSeen;
    newestSeen = newestFirst[0]?.usedAt ?? 0;
    for (const entry of newestFirst.slice(alwaysUnpacked)) {
      const isIdle = entry.usedAt <= seenBefore;
      if (!isIdle) packLater();
      const row = isIdle ? packed.pack(entry) : undefined;
      if (row === undefined) continue;
      entries.set(entry.secretId, row);
      detach(entry);
    }
  }

  /** Before every number of a read where it was never answered; `Infinity` with a request in flight. */
  function lastUse(found: CachedSecret | number): number {
    if (typeof found === "number") return packed.numberOf(found, "usedAt");
    if (found.requestState?.inFlight) return Infinity;
    return found.version ? found.usedAt : found.usedAt - 2 ** 53;
  }

  function sortOldest(): void {
    const uses = [...entries].map(([key, found]) => [key, lastUse(found)] as const);
    const idle = uses.filter(([, usedAt]) => usedAt < Infinity);
    idle.sort(([, one], [, other]) => one - other);
    oldest = idle.slice(0, Math.ceil(idle.length / 10)).reverse();
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
      const [key, usedAt] = next;
      const entry = get(key);
      if (entry && lastUse(entry) === usedAt) remove(entry);
    }
  }

  return {
    get,
    add(entry) {
      makeRoomFor(1);
      entries.set(keyOf(entry.secretId, entry.at), entry);
      bytes += costOf(entry);
      packLater();
    },
    settled(characters) {
      bytes += characters;
      makeRoomFor(0);
      packLater();
    },
    values: unpacked,
    confirmedAtMs: () =>
      [...entries.values()].flatMap((found) => {
        if (typeof found === "number") return packed.numberOf(found, "confirmedAtMs");
        return found.version ? found.confirmedAtMs : [];
      }),
    matching,
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    clear() {
      for (const entry of matching(() => true)) {
        entry.requestState?.inFlight?.abandon();
        remove(entry);
      }
    },
  };
}
