import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential } from "../../ports/database-engine.ts";

/** Whether a text can be sent as it is: it has no control character and no half of a character. */
export const isSendable = (text: string): boolean => !/\p{Cc}|\p{Cs}/u.test(text);

/**
 * Whether a text stands as one segment in a path once it is encoded: a dot segment would be another path, `DELETE <keys>/..` the
 * whole collection's parent.
 */
export const isSegment = (text: string): boolean => text !== "" && text !== "." && text !== ".." && isSendable(text);

/**
 * That `keep` is one of the account's keys: where the secret's user name is no id, the very key that is to be kept would be taken
 * for another one. Errors: `secret-malformed`.
 */
export function requireListed(ids: readonly string[], keep: Credential): void {
  if (ids.includes(keep.username)) return;
  throw new RekeyError("secret-malformed", {
    context: { field: "username", problem: "not the id of one of the account's keys" },
    hint: "write the id that the API lists for this key as the secret's username",
  });
}
