import { createHmac, timingSafeEqual } from "node:crypto";
import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "../secrets/secret-value.ts";

export const signatureHeader = "rekey-signature";

const shortestKeyBytes = 16;

/** HMAC-SHA256 over `<seconds>.<body>`: the time is signed too, so that an old request cannot be made to look new. */
function digest(key: SecretValue, seconds: number, body: string): Buffer {
  const text = key.reveal();
  if (Buffer.byteLength(text) < shortestKeyBytes) {
    throw new RekeyError("option-invalid", {
      context: { option: "the signing key", shortestBytes: shortestKeyBytes },
    });
  }
  return createHmac("sha256", text).update(`${seconds}.${body}`).digest();
}

/** The header's value: `t=<seconds since 1970>`, and `v1=<hex>` for each key, so that receivers may change keys one by one. Errors: `option-invalid` for a short key. */
export function signature(body: string, keys: readonly SecretValue[], nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return [`t=${seconds}`, ...keys.map((key) => `v1=${digest(key, seconds, body).toString("hex")}`)].join(",");
}

/** Compares in constant time. */
function carriesKey(header: string, seconds: number, body: string, key: SecretValue): boolean {
  const expected = digest(key, seconds, body);
  return header
    .split(",")
    .filter((part) => /^v1=[0-9a-f]{64}$/.test(part))
    .some((part) => timingSafeEqual(Buffer.from(part.slice(3), "hex"), expected));
}

export interface SignatureCheck {
  /** Any of them will do: the current key and the one before it. */
  readonly keys: readonly SecretValue[];
  readonly nowMs?: number;
  /** How long ago, or ahead by another clock, the body may have been signed. 300,000. */
  readonly windowMs?: number;
}

/** Why the body does not count as signed with one of the keys; `undefined`: it does. Errors: `option-invalid` for a short key. */
export function signatureProblem(body: string, signature: unknown, check: SignatureCheck): string | undefined {
  const { keys, nowMs = Date.now(), windowMs = 300_000 } = check;
  const header = typeof signature === "string" ? signature : "";
  const [, time] = /^t=(\d{1,12}),/.exec(header) ?? [];
  if (time === undefined) return "no signature";
  const seconds = Number(time);
  if (!keys.some((key) => carriesKey(header, seconds, body, key))) return "signed with another key";
  return Math.abs(nowMs - seconds * 1000) > windowMs ? "too old, or from the future" : undefined;
}
