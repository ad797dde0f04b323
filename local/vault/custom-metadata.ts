import { VaultRefusal } from "./exchange.ts";
import type { Input } from "./input.ts";

export type CustomMetadata = Readonly<Record<string, string>>;

const maxKeys = 64;
const maxKeyBytes = 128;
const maxValueBytes = 512;

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

const refuse = (problem: string): VaultRefusal =>
  new VaultRefusal(400, `1 error occurred:\n\t* custom_metadata validation failed: ${problem}\n\n`);

/** As Vault takes it: at most 64 printable keys of 1-128 bytes; texts of 1-512 bytes, numbers and booleans as text. */
export function customMetadata(given: Input | null): CustomMetadata | null {
  if (given === null) return null;
  const entries = Object.entries(given);
  if (entries.length > maxKeys) {
    throw refuse(`payload must contain at most ${maxKeys} keys, provided ${entries.length}`);
  }
  const checked = entries.map(([key, value]): [string, string] => {
    const text = typeof value === "boolean" ? String(Number(value)) : value;
    if (typeof text !== "string" && typeof text !== "number") throw refuse(`value for key "${key}" is not a string`);
    const keyBytes = Buffer.byteLength(key);
    if (keyBytes === 0 || keyBytes > maxKeyBytes) {
      throw refuse(`length of key "${key}" is ${keyBytes} but must be 0 < len(key) <= ${maxKeyBytes}`);
    }
    const valueBytes = Buffer.byteLength(String(text));
    if (valueBytes === 0 || valueBytes > maxValueBytes) {
      throw refuse(`length of value for key "${key}" is ${valueBytes} but must be 0 < len(value) <= ${maxValueBytes}`);
    }
    if (unprintable.test(key)) throw refuse(`key "${key}" contains unprintable characters`);
    if (unprintable.test(String(text))) throw refuse(`value for key "${key}" contains unprintable characters`);
    return [key, String(text)];
  });
  return Object.fromEntries(checked);
}

/** As Vault merges it: only what the patch sets is checked, so that the whole may come to hold more than 64 keys. */
export function patchedMetadata(held: CustomMetadata | null, patch: Input): CustomMetadata {
  const given = Object.entries(patch).filter(([, value]) => value !== null);
  const kept = Object.entries(held ?? {}).filter(([key]) => !Object.hasOwn(patch, key));
  return Object.fromEntries([...kept, ...Object.entries(customMetadata(Object.fromEntries(given)) ?? {})]);
}
