import { createHash, randomInt } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The digest, over and over, to as many bytes as `of` has. */
const stretched = (digest: Buffer, of: Buffer): Buffer => Buffer.alloc(of.length, digest);

/** The last digest's bytes go out in threes, each time one place further in each third; 24 bits give four letters. */
function written(digest: Buffer): string {
  const byte = (index: number): number => digest[index] ?? 0;
  const letters = (value: number, count: number): string =>
    Array.from({ length: count }, (_, index) => alphabet.charAt((value >> (6 * index)) & 63)).join("");
  let [a, b, c] = [0, 10, 20];
  let text = "";
  for (let group = 0; group < 10; group++) {
    text += letters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4);
    [a, b, c] = [c + 1, a + 1, b + 1];
  }
  return text + letters((byte(31) << 8) | byte(30), 3);
}

/** SHA-crypt with SHA-256 (Drepper, "Unix crypt using SHA-256 and SHA-512"), without its own form around it. */
export async function sha256Crypt(key: Buffer, salt: Buffer, rounds: number, signal?: AbortSignal): Promise<string> {
  const other = sha256(key, salt, key);
  const parts: Uint8Array[] = [key, salt, stretched(other, key)];
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? other : key);
  let digest = sha256(...parts);
  const ofKey = stretched(sha256(...Array.from({ length: key.length }, () => key)), key);
  const ofSalt = stretched(sha256(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt)), salt);
  for (let round = 0; round < rounds; round++) {
    // A server may ask for seconds of this; timers and sockets have their turn.
    if (round % 5_000 === 4_999) await new Promise(setImmediate);
    signal?.throwIfAborted();
    digest = sha256(
      round & 1 ? ofKey : digest,
      ...(round % 3 === 0 ? [] : [ofSalt]),
      ...(round % 7 === 0 ? [] : [ofKey]),
      round & 1 ? digest : ofKey,
    );
  }
  return written(digest);
}

/** Errors: `time-budget-spent`. */
export const crypted = async (
  password: SecretValue,
  salt: Buffer,
  rounds: number,
  signal?: AbortSignal,
): Promise<string> =>
  sha256Crypt(Buffer.from(password.reveal()), salt, rounds, signal).catch(() => {
    throw timeSpent("hash password");
  });

/** The most that MySQL takes: about ten seconds. */
const maxRounds = 4_095_000;

export const newSalt = (): string =>
  Array.from({ length: 20 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");

/**
 * What MySQL stores under `caching_sha2_password`: `$A$<rounds in thousands, hex>$<20 bytes of salt><43 characters>`.
 * `rounds` is the server's `caching_sha2_password_digest_rounds`. Errors: `server-misbehaved` for a number that it cannot
 * be, `time-budget-spent`.
 */
export async function cachingSha2Hash(
  password: SecretValue,
  rounds: number,
  salt = newSalt(),
  signal?: AbortSignal,
): Promise<string> {
  if (!(rounds >= 5_000 && rounds <= maxRounds)) {
    throw new RekeyError("server-misbehaved", { context: { problem: "rounds of caching_sha2_password", rounds } });
  }
  const inThousands = Math.floor(rounds / 1000);
  const thousands = inThousands.toString(16).toUpperCase().padStart(3, "0");
  const digest = await crypted(password, Buffer.from(salt), inThousands * 1000, signal);
  const hash = `$A$${thousands}$${salt}${digest}`;
  if (!/^\$A\$[0-9A-F]{3}\$[./0-9A-Za-z]{63}$/.test(hash)) {
    throw new RekeyError("internal-fault", { context: { name: "caching-sha2-hash", rounds } });
  }
  return hash;
}
