import { randomInt } from "node:crypto";
import { refusals } from "./messages.ts";
import type { Secret } from "./secret.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const suffix = (): string => Array.from({ length: 6 }, () => letters.charAt(randomInt(letters.length))).join("");
const suffixLength = "-AbCdEf".length;

/** A new ARN for a name: its six random characters differ each time the name is used. */
export const newArn = (region: string, accountId: string, name: string): string =>
  `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${suffix()}`;

/** The secrets of one region, found by name, ARN, or ARN without its suffix. */
export interface SecretTable {
  find(id: string): Secret | undefined;
  /** Also while it is scheduled for deletion. Errors: `ResourceNotFoundException`. */
  openAny(id: string): Secret;
  /** Errors: `ResourceNotFoundException`, `InvalidRequestException` while it is scheduled for deletion. */
  open(id: string): Secret;
  /** For a write. Errors: those of `open`, and `InvalidParameterException` for a replica. */
  openPrimary(id: string): Secret;
  all(): readonly Secret[];
  add(secret: Secret): void;
  remove(secret: Secret): void;
}

export function secretTable(nowMs: () => number): SecretTable {
  const byName = new Map<string, Secret>();

  const alive = (secret: Secret | undefined): Secret | undefined => {
    if (secret?.deletionMs === undefined || secret.deletionMs > nowMs()) return secret;
    byName.delete(secret.name);
    return undefined;
  };
  const byArn = (arn: string): Secret | undefined => {
    const rest = arn.split(":secret:")[1] ?? "";
    const exact = byName.get(rest.slice(0, -suffixLength));
    if (exact?.arn === arn) return exact;
    // What looks like a suffix is taken for one, although it may be the end of the name.
    const named = /-[A-Za-z0-9]{6}$/u.test(rest) ? undefined : byName.get(rest);
    return named?.arn.slice(0, -suffixLength) === arn ? named : undefined;
  };
  const find = (id: string): Secret | undefined => alive(id.startsWith("arn:") ? byArn(id) : byName.get(id));
  const openAny = (id: string): Secret => {
    const secret = find(id);
    if (secret === undefined) throw refusals.secretNotFound();
    return secret;
  };
  const open = (id: string): Secret => {
    const secret = openAny(id);
    if (secret.deletionMs !== undefined) throw refusals.markedForDeletion();
    return secret;
  };
  return {
    find,
    openAny,
    open,
    openPrimary(id) {
      const secret = open(id);
      if (secret.primary !== undefined) throw refusals.replica();
      return secret;
    },
    all: () => [...byName.values()].filter((secret) => alive(secret) !== undefined),
    add: (secret) => void byName.set(secret.name, secret),
    remove: (secret) => void byName.delete(secret.name),
  };
}
