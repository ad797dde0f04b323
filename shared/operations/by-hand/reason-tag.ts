import { RekeyError } from "../../errors/rekey-error.ts";
import { rotationReasonTag } from "../../tags/tag-names.ts";

/** What Secrets Manager takes as the value of a tag. */
const tagValue = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,256}$/u;

/**
 * Why somebody changes a secret by hand, as a tag of it: there for everyone to see, and in CloudTrail with who and when.
 * Errors: `option-invalid` for what a tag cannot hold.
 */
export function reasonTag(reason: string): ReadonlyMap<string, string> {
  if (tagValue.test(reason)) return new Map([[rotationReasonTag, reason]]);
  const hint = "a tag holds it: letters, digits, spaces and _ . : / = + - @, 256 at most";
  throw new RekeyError("option-invalid", { context: { option: "reason" }, hint });
}
