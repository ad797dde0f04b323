import type { JsonWebKey } from "node:crypto";
import { membersOf } from "../answers/members.ts";
import { malformed } from "../secrets/secret-fields.ts";
import { type ReadKey, readKey } from "./read-key.ts";

/** `next` is published and does not sign yet, `signing` signs, `verifying` has signed. */
const states = ["next", "signing", "verifying"] as const;

/** One key of a ring. Times are seconds since 1970. */
export interface RingKey {
  readonly state: (typeof states)[number];
  /** The longest lifetime of a token, in seconds, that was asked for while the key signed. */
  readonly lifetime: number;
  /** Of a key that has signed: by then AWSCURRENT was a version in which it no longer does. Absent until that is known. */
  readonly retiredAt?: number;
  readonly jwk: JsonWebKey;
  readonly key: ReadKey;
}

/** The keys of one version of a secret. */
export interface KeyRing {
  /** When the version was made, in seconds since 1970. */
  readonly madeAt: number;
  readonly keys: readonly RingKey[];
}

/** What the user name and the password of a secret are that has no key yet. */
export const noKeyYet = "no-key-yet";

const field = "password";
const hint = `let rekey write it; a new secret has "${noKeyYet}" as its username and password; see docs/reference/signing-key.md`;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function parseKey(value: unknown): RingKey {
  const { state, lifetime = 0, retiredAt, jwk } = membersOf(value);
  const known = states.find((name) => name === state);
  const key = readKey(jwk);
  if (key === undefined) throw malformed(field, "a key is malformed, too weak, or not of its algorithm", hint);
  const isSigner = known === "signing" || known === "next";
  if (known === undefined || !isCount(lifetime) || (isSigner && key.signer === undefined))
    throw malformed(field, "a key of the ring has no state, or no private half that its state needs", hint);
  return { state: known, lifetime, jwk: jwk as JsonWebKey, key, ...(isCount(retiredAt) ? { retiredAt } : {}) };
}

/**
 * Reads the text of a ring, the `password` of a secret of signing keys. A secret without a key gives an empty ring. Errors:
 * `secret-malformed`, which names no value.
 */
export function parseKeyRing(text: string): KeyRing {
  if (text === noKeyYet) return { madeAt: 0, keys: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw malformed(field, "not a ring of signing keys", hint);
  }
  const { madeAt = 0, keys: listed } = membersOf(parsed);
  if (!Array.isArray(listed) || !isCount(madeAt)) throw malformed(field, "not a ring of signing keys", hint);
  const keys = listed.map(parseKey);
  const count = (wanted: RingKey["state"]): number => keys.filter(({ state }) => state === wanted).length;
  if (count("signing") !== 1 || count("next") > 1) throw malformed(field, "not one key that signs", hint);
  if (new Set(keys.map(({ key }) => key.kid)).size < keys.length) throw malformed(field, "two keys have one kid", hint);
  return { madeAt, keys };
}

/** The text that `parseKeyRing` reads. */
export const keyRingText = ({ madeAt, keys }: KeyRing): string =>
  JSON.stringify({ madeAt, keys: keys.map(({ key: _read, ...written }) => written) });

/** The key of a ring that signs; `undefined` for an empty one. */
export const signingKeyIn = ({ keys }: KeyRing): RingKey | undefined => keys.find(({ state }) => state === "signing");
