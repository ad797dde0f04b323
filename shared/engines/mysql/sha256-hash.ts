import type { SecretValue } from "../../secrets/secret-value.ts";
import { crypted, newSalt } from "./caching-sha2-hash.ts";

/** What MySQL stores under `sha256_password`: `$5$<20 bytes of salt>$<43 characters>`, always 5000 rounds. */
export async function sha256Hash(password: SecretValue, signal?: AbortSignal, salt = newSalt()): Promise<string> {
  return `$5$${salt}$${await crypted(password, Buffer.from(salt), 5_000, signal)}`;
}

const cachingSha2 = /^\$A\$([0-9A-F]{3})\$([^]{20})([^]{43})$/;
const sha256Only = /^\$5\$([^]{20})\$([^]{43})$/;

/** Whether the password is the one that MySQL stores so, under either plugin. Errors: `time-budget-spent`. */
export async function sha2Opens(stored: string, password: SecretValue, signal?: AbortSignal): Promise<boolean> {
  const [, thousands, cachedSalt, cached] = cachingSha2.exec(stored) ?? [];
  if (thousands !== undefined && cachedSalt !== undefined) {
    return cached === (await crypted(password, Buffer.from(cachedSalt), parseInt(thousands, 16) * 1000, signal));
  }
  const [, salt, digest] = sha256Only.exec(stored) ?? [];
  return salt !== undefined && digest === (await crypted(password, Buffer.from(salt), 5_000, signal));
}
