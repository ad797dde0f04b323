import { SecretValue } from "../../secrets/secret-value.ts";
import { toSmallInteger } from "../clock.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import { CachedSecret, isCurrent, setRequestState } from "./cached-secret.ts";

/** Cached secrets, each as a few bytes of one buffer and a pointer to its text. */
export interface PackedSecrets {
  /** The row that holds the entry from now on. `undefined`: it has what a row has no place for. */
  pack(entry: CachedSecret): number | undefined;
  /** The entry that the row stood for, made again. */
  unpack(row: number, secretId: string): CachedSecret;
  numberOf(row: number, name: (typeof numbers)[number]): number;
}

type HistoryParts = readonly [number, readonly string[], readonly (readonly [string, number])[], number];

/** A row: a UUID, numbers, and in one byte which account it is. */
const idBytes = 16;
const numbers = ["freshUntilMs", "usedAt", "confirmedAtMs", "createdAtSeconds"] as const;
/** Enough for 17 years of milliseconds, and for reading a million times a second for six days. */
const numberBytes = 5;
const largestNumber = 2 ** 39 - 1;
const accountAt = idBytes + numbers.length * numberBytes;
const rowBytes = accountAt + 1;
const mostAccounts = 256;

export function createPackedSecrets(): PackedSecrets {
  /** A text stands for a version whose id is the row's UUID. Every other version is kept as it is. */
  const held: (string | SourceVersion | undefined)[] = [];
  /** Of those that have rotated, as text. */
  const histories: (string | undefined)[] = [];
  const accounts: (string | undefined)[] = [];
  const free: number[] = [];
  let rows = Buffer.alloc(0);

  function idAt(at: number): string {
    return rows.toString("hex", at, at + idBytes).replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  const numberAt = (at: number, index: number): number =>
    toSmallInteger(rows.readIntLE(at + idBytes + index * numberBytes, numberBytes));

  return {
    pack(entry) {
      const { version, account, requestState, parsed } = entry;
      const { inFlight, failure, announced, history } = requestState ?? {};
      const isBusy = inFlight || failure || announced;
      const isStorable = numbers.every((name) => entry[name] % 1 === 0 && Math.abs(entry[name]) <= largestNumber);
      const known = accounts.indexOf(account);
      const accountIndex = known < 0 ? accounts.length : known;
      if (!version || isBusy || parsed || !isStorable || !isCurrent(entry) || accountIndex === mostAccounts)
        return undefined;
      accounts[accountIndex] = account;
      const row = free.pop() ?? held.length;
      const at = row * rowBytes;
      // By an eighth: doubling may leave as much empty as all the rows need.
      if (at >= rows.length) rows = Buffer.concat([rows], rows.length + rowBytes * (64 + (row >> 3)));
      const { versionId, value } = version;
      rows.write(versionId.replaceAll("-", ""), at, idBytes, "hex");
      const isText = value.constructor === SecretValue && idAt(at) === versionId;
      held[row] = isText ? value.reveal() : version;
      numbers.forEach((name, index) => rows.writeIntLE(entry[name], at + idBytes + index * numberBytes, numberBytes));
      rows[at + accountAt] = accountIndex;
      if (history)
        histories[row] = JSON.stringify([
          history.noticeAtMs,
          [...history.replaced],
          [...history.disproved],
          history.doubtedUntilMs,
        ]);
      return row;
    },
    unpack(row, secretId) {
      const entry = new CachedSecret(secretId);
      const at = row * rowBytes;
      const kept = held[row];
      entry.version = typeof kept === "string" ? { versionId: idAt(at), value: new SecretValue(kept) } : kept;
      entry.account = accounts[rows[at + accountAt] ?? 0];
      numbers.forEach((name, index) => void (entry[name] = numberAt(at, index)));
      const history = histories[row];
      if (history) {
        const [noticeAtMs, replaced, disproved, doubtedUntilMs] = JSON.parse(history) as HistoryParts;
        setRequestState(entry, {
          history: { noticeAtMs, replaced: new Set(replaced), disproved: new Map(disproved), doubtedUntilMs },
        });
        histories[row] = undefined;
      }
      held[row] = undefined;
      free.push(row);
      return entry;
    },
    numberOf: (row, name) => numberAt(row * rowBytes, numbers.indexOf(name)),
  };
}
