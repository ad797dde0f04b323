import { randomInt } from "node:crypto";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "./secret-value.ts";
import { passwordExcludeTag, passwordLengthTag } from "../tags/tag-names.ts";

const letters = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"] as const;

/** Symbols beyond letters and digits, by where the password must be usable unquoted and unescaped. */
const symbols = {
  alnum: "",
  /** RFC 3986 unreserved: the same in a URL's user info before and after encoding. */
  url: "-._~",
  /** libpq keyword strings and .env files. */
  dsn: "-._~*+",
  /** What `java.net.URLEncoder` leaves as it is: drivers that decode a parameter and those that do not read the same. */
  jdbc: "-._*",
  /** Bare words of POSIX shells. */
  shell: "-._+:@%",
} as const;

export type PasswordCharset = keyof typeof symbols;
export const passwordCharsets = Object.keys(symbols) as readonly PasswordCharset[];

export interface PasswordPolicy {
  readonly charset: PasswordCharset;
  readonly length: number;
  /** Characters that are taken out of the charset. */
  readonly excluded?: string;
  /** Whether each kind that is left (upper case, lower case, digits, symbols) must occur; true unless given. */
  readonly eachKind?: boolean;
}

const minimumEntropyBits = 128;
const maximumLength = 128;

/** What the policy leaves of each kind; the first character comes from `front`, letters and digits. */
function alphabetOf({ charset, excluded = "" }: PasswordPolicy) {
  const left = (kind: string): string =>
    Array.from(kind)
      .filter((character) => !excluded.includes(character))
      .join("");
  const kinds = [...letters, symbols[charset]].map(left);
  return { kinds: kinds.filter((kind) => kind !== ""), all: kinds.join(""), front: letters.map(left).join("") };
}

/**
 * Bits of a password that is uniform among those that the policy takes. Those that lack a kind are counted by inclusion
 * and exclusion.
 */
function entropyBits(policy: PasswordPolicy, length: number): number {
  const { kinds, all, front } = alphabetOf(policy);
  let lacking = [{ sign: 1, fronts: front.length, size: all.length }];
  for (const kind of policy.eachKind === false ? [] : kinds) {
    const inFront = front.includes(kind) ? kind.length : 0;
    lacking = lacking.flatMap((one) => [
      one,
      { sign: -one.sign, fronts: one.fronts - inFront, size: one.size - kind.length },
    ]);
  }
  const share = lacking.reduce(
    (sum, { sign, fronts, size }) => sum + (sign * fronts * (size / all.length) ** (length - 1)) / all.length,
    0,
  );
  return share > 0 ? length * Math.log2(all.length) + Math.log2(share) : 0;
}

/** Errors: `option-invalid` for a length that is not a whole number up to 128, or a policy of fewer than 128 bits. */
export function checkPasswordPolicy(policy: PasswordPolicy): PasswordPolicy {
  const enough = (length: number): boolean => entropyBits(policy, length) >= minimumEntropyBits;
  if (Number.isInteger(policy.length) && policy.length <= maximumLength && enough(policy.length)) return policy;
  const lengths = Array.from({ length: maximumLength }, (_, index) => index + 1);
  const shortest = lengths.find(enough);
  throw new RekeyError("option-invalid", {
    context: {
      option: shortest === undefined ? passwordExcludeTag : passwordLengthTag,
      value: policy.length,
    },
    hint:
      shortest === undefined
        ? `what is left of the charset ${policy.charset} is too little for ${minimumEntropyBits} bits; exclude less`
        : `choose a whole number from ${shortest} to ${maximumLength} for the charset ${policy.charset} and what is excluded`,
  });
}

/**
 * A password from the operating system's random source, with a letter or digit in front and at least one character of each
 * kind. Errors: `option-invalid`.
 */
export function generatePassword(policy: PasswordPolicy): SecretValue {
  const { kinds, all, front } = alphabetOf(checkPasswordPolicy(policy));
  const required = policy.eachKind === false ? [] : kinds;
  const has = (text: string, kind: string): boolean => Array.from(text).some((character) => kind.includes(character));
  for (;;) {
    const text = Array.from({ length: policy.length }, () => all.charAt(randomInt(all.length))).join("");
    if (front.includes(text.charAt(0)) && required.every((kind) => has(text, kind))) return new SecretValue(text);
  }
}
