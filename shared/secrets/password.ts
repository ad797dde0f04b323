import { randomInt } from "node:crypto";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "./secret-value.ts";

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";

/** Symbols beyond letters and digits, by where the password must be usable unquoted and unescaped. */
const symbols = {
  alnum: "",
  /** RFC 3986 unreserved: the same in a URL's user info before and after encoding. */
  url: "-._~",
  /** libpq keyword strings, .env files and JDBC URLs. */
  dsn: "-._~*+",
  /** Bare words of POSIX shells. */
  shell: "-._+:@%",
} as const;

export type PasswordCharset = keyof typeof symbols;
export const passwordCharsets = Object.keys(symbols) as readonly PasswordCharset[];

export interface PasswordPolicy {
  readonly charset: PasswordCharset;
  readonly length: number;
}

const minimumEntropyBits = 128;
const maximumLength = 128;

/** Errors: `option-invalid` for a length that is not a whole number up to 128, or gives fewer than 128 bits. */
export function checkPasswordPolicy(policy: PasswordPolicy): PasswordPolicy {
  const alphabetSize = upper.length + lower.length + digits.length + symbols[policy.charset].length;
  const entropyBits = policy.length * Math.log2(alphabetSize);
  if (!Number.isInteger(policy.length) || policy.length > maximumLength || entropyBits < minimumEntropyBits) {
    const shortest = Math.ceil(minimumEntropyBits / Math.log2(alphabetSize));
    throw new RekeyError("option-invalid", {
      context: { option: "rekey:password-length", value: policy.length },
      hint: `choose a whole number from ${shortest} to ${maximumLength} for the charset ${policy.charset}`,
    });
  }
  return policy;
}

/** A password from the operating system's random source, with at least one upper-case letter, one lower-case and one digit. */
export function generatePassword(policy: PasswordPolicy): SecretValue {
  const alphabet = upper + lower + digits + symbols[checkPasswordPolicy(policy).charset];
  for (;;) {
    const text = Array.from({ length: policy.length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
    if (/[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text) && /^[A-Za-z0-9]/.test(text))
      return new SecretValue(text);
  }
}
