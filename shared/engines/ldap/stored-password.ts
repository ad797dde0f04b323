import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SecretValue } from "../../secrets/secret-value.ts";

/** How slapd keeps a password as a hash. Sources: slapd.conf(5), password-hash; slapd-pw-sha2(5). */
interface Scheme {
  /** Node's name of the hash. */
  readonly hash: string;
  readonly bytes: number;
  /** Whether a salt follows the digest. */
  readonly isSalted: boolean;
}

const schemes: ReadonlyMap<string, Scheme> = new Map([
  ["MD5", { hash: "md5", bytes: 16, isSalted: false }],
  ["SMD5", { hash: "md5", bytes: 16, isSalted: true }],
  ["SHA", { hash: "sha1", bytes: 20, isSalted: false }],
  ["SSHA", { hash: "sha1", bytes: 20, isSalted: true }],
  ["SHA256", { hash: "sha256", bytes: 32, isSalted: false }],
  ["SSHA256", { hash: "sha256", bytes: 32, isSalted: true }],
  ["SHA384", { hash: "sha384", bytes: 48, isSalted: false }],
  ["SSHA384", { hash: "sha384", bytes: 48, isSalted: true }],
  ["SHA512", { hash: "sha512", bytes: 64, isSalted: false }],
  ["SSHA512", { hash: "sha512", bytes: 64, isSalted: true }],
]);
/** Hashes that are not computed here, and names of a place that has the password. */
const notRecomputed = new Set(["ARGON2", "CRYPT", "KERBEROS", "PBKDF2", "RADIUS", "SASL", "UNIX"]);
/** Kept for the next password. */
const good = new Set(["SSHA", "SSHA256", "SSHA384", "SSHA512"]);
/** Every OpenLDAP has it. */
const builtIn = "SSHA";
/** The half of a salt that is random; the other half names the value that this one replaces. */
const randomSaltBytes = 8;

/** What stands in braces in front, where something does; slapd takes any other value for the password's own text. */
function partsOf(stored: Buffer): { readonly scheme: string; readonly rest: string } | undefined {
  const [, scheme, rest = ""] = /^\{([\w./-]{1,32})\}([^]*)$/.exec(stored.toString("utf8")) ?? [];
  return scheme === undefined ? undefined : { scheme: scheme.toUpperCase(), rest };
}

const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other);

/** How a value is kept, in slapd's own word; never a part of the value. */
export function schemeOf(stored: Buffer): string {
  const scheme = partsOf(stored)?.scheme;
  if (scheme === undefined || scheme === "CLEARTEXT") return "CLEARTEXT";
  if (schemes.has(scheme)) return scheme;
  const [family = ""] = scheme.split("-");
  return notRecomputed.has(family) ? family : "unknown";
}

/** Whether it can be told which password a value is of. */
export function isRecomputed(stored: Buffer): boolean {
  const scheme = schemeOf(stored);
  return scheme === "CLEARTEXT" || schemes.has(scheme);
}

/** Whether this value is the password's, by computing it again with the salt that it has. */
export function isOf(stored: Buffer, password: SecretValue): boolean {
  const clear = Buffer.from(password.reveal(), "utf8");
  const parts = partsOf(stored);
  if (parts === undefined) return isSame(stored, clear);
  if (parts.scheme === "CLEARTEXT") return isSame(Buffer.from(parts.rest, "utf8"), clear);
  const scheme = schemes.get(parts.scheme);
  if (scheme === undefined) return false;
  const value = Buffer.from(parts.rest, "base64");
  const salt = value.subarray(scheme.bytes);
  if (scheme.isSalted !== salt.length > 0) return false;
  return isSame(createHash(scheme.hash).update(clear).update(salt).digest(), value.subarray(0, scheme.bytes));
}

const nameOf = (random: Buffer, replaced: Buffer): Buffer =>
  createHash("sha256").update(random).update(replaced).digest().subarray(0, randomSaltBytes);

/**
 * The value to store for a password, which replaces another one. `takenBy` is the value by which the server has just taken a
 * password: that shows that it knows the scheme, and a value in one that it does not know, it would take for the password's
 * own text.
 */
export function storedFor(password: SecretValue, replaced: Buffer | undefined, takenBy: Buffer | undefined): Buffer {
  const seen = takenBy === undefined ? builtIn : schemeOf(takenBy);
  const scheme = good.has(seen) ? seen : builtIn;
  const random = randomBytes(randomSaltBytes);
  const salt = Buffer.concat([random, nameOf(random, replaced ?? randomBytes(randomSaltBytes))]);
  const digest = createHash(schemes.get(scheme)?.hash ?? "sha1")
    .update(password.reveal(), "utf8")
    .update(salt)
    .digest();
  return Buffer.from(`{${scheme}}${Buffer.concat([digest, salt]).toString("base64")}`, "latin1");
}

/** Whether `storedFor` made this value to replace the other one. */
export function isReplacement(stored: Buffer, replaced: Buffer): boolean {
  const parts = partsOf(stored);
  const salt = Buffer.from(parts?.rest ?? "", "base64").subarray(schemes.get(parts?.scheme ?? "")?.bytes ?? 0);
  const random = salt.subarray(0, randomSaltBytes);
  return salt.length === 2 * randomSaltBytes && isSame(nameOf(random, replaced), salt.subarray(randomSaltBytes));
}
