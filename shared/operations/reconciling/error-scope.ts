import type { ErrorCode } from "../../errors/codes.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";

/** What goes wrong with every secret alike, so that the work is worth repeating as a whole. */
const ofTheWork = new Set<ErrorCode>([
  "clock-skewed",
  "credentials-expired",
  "credentials-missing",
  "credentials-refused",
  "event-rejected",
  "events-unavailable",
  "store-throttled",
  "store-unavailable",
  "time-budget-spent",
]);

/** One wrong path in Vault is a matter of one secret; these are not. */
const ofTheMirror = new Set<ErrorCode>(["mirror-unavailable", "mirror-unauthorized", "tls-refused"]);

export const concernsTheWork = ({ code }: RekeyError): boolean => ofTheWork.has(code);
export const concernsTheMirror = ({ code }: RekeyError): boolean => ofTheMirror.has(code);
