import { rotationReasonTag } from "../../tags/tag-names.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import type { ErrorCode } from "../../errors/codes.ts";

/** Errors: `rotated-elsewhere` for a secret that an AWS service owns, or that a partner rotates. */
export function checkRotatedHere({ secretArn, managedBy }: SecretDescription): void {
  if (managedBy === undefined) return;
  throw new RekeyError("rotated-elsewhere", { context: { secret: secretArn, managedBy } });
}

/** What Secrets Manager takes as the value of a tag. */
const tagValue = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,256}$/u;

/**
 * Why a secret is changed by hand, as a tag of the secret. Everyone can see it, and CloudTrail records who set it and when.
 * Errors: `option-invalid` for what a tag cannot hold.
 */
export function reasonTag(reason: string): ReadonlyMap<string, string> {
  if (tagValue.test(reason)) return new Map([[rotationReasonTag, reason]]);
  const hint = "a tag holds it: letters, digits, spaces and _ . : / = + - @, 256 at most";
  throw new RekeyError("option-invalid", { context: { option: "reason" }, hint });
}

/** A UUID (version 8) of a hash of these words: the same request always has the same VersionId. */
export async function uuidOf(...words: readonly (string | number)[]): Promise<string> {
  const bytes = new TextEncoder().encode(words.join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  "credentials-expired": "log in again (aws sso login), or pass another --profile",
  "credentials-missing": "pass --profile, or log in (aws sso login); pass --region where no region is set",
};

/** What whoever works at a terminal can do besides the error's own hint, if anything. */
export const operatorHint = ({ code }: RekeyError): string | undefined => hints[code];
