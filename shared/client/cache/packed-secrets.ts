import { SecretValue } from "../../secrets/secret-value.ts";
import { toSmallInteger } from "../clock.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import { CachedSecret, isCurrent } from "./cached-secret.ts";

/** Cached secrets as rows of bytes, each with one pointer next to it. */
export interface PackedSecrets {
  /** The row that holds the entry from now on. `undefined`: it has what a row has no place for. */
  pack(entry: CachedSecret): number | undefined;
  /** A copy of what the row holds. */
  read(row: number, secretId: string): CachedSecret;
  drop(row: number): void;
}

const idBytes = 16;
const numbers = ["freshUntilMs", "usedAt", "confirmedAtMs", "createdAtSeconds"] as const;
const numberBytes = 6;
const accountAt = idBytes + numbers.length * numberBytes;
const rowBytes = accountAt + 2;

const isPackable = (entry: CachedSecret): boolean =>
  isCurrent(entry) &&
  !(entry.requestState ?? entry.parsed) &&
  numbers.every((name) => entry[name] % 1 === 0 && Math.abs(entry[name]) < 2 ** 47);

export function createPackedSecrets(): PackedSecrets {
  /** A text stands for a version whose id is the row's UUID. Every other version is kept as it is. */
  const held: (string | SourceVersion | undefined)[] = [];
  const accounts: (string | undefined)[] = [];
  const free: number[] = [];
  let rows = Buffer.alloc(0);

  const idAt = (at: number): string =>
    rows.toString("hex", at, at + idBytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

  return {
    pack(entry) {
      const { version, account } = entry;
      const accountIndex = accounts.includes(account) ? accounts.indexOf(account) : accounts.push(account) - 1;
      if (version === undefined || !isPackable(entry) || accountIndex > 65_535) return undefined;
      const row = free.pop() ?? held.length;
      const at = row * rowBytes;
      // By an eighth: doubling may leave as much empty as all the rows need.
      if (at >= rows.length) rows = Buffer.concat([rows], rows.length + rowBytes * (64 + (row >> 3)));
      const { versionId, value } = version;
      rows.write(versionId.replaceAll("-", ""), at, idBytes, "hex");
      const isText = Object.getPrototypeOf(value) === SecretValue.prototype && idAt(at) === versionId;
      held[row] = isText ? value.reveal() : version;
      for (const [index, name] of numbers.entries())
        rows.writeIntLE(entry[name], at + idBytes + index * numberBytes, numberBytes);
      rows.writeUInt16LE(accountIndex, at + accountAt);
      return row;
    },
    read(row, secretId) {
      const entry = new CachedSecret(secretId);
      const at = row * rowBytes;
      const kept = held[row];
      entry.version = typeof kept === "string" ? { versionId: idAt(at), value: new SecretValue(kept) } : kept;
      entry.account = accounts[rows.readUInt16LE(at + accountAt)];
      for (const [index, name] of numbers.entries())
        entry[name] = toSmallInteger(rows.readIntLE(at + idBytes + index * numberBytes, numberBytes));
      return entry;
    },
    drop(row) {
      held[row] = undefined;
      free.push(row);
    },
  };
}
