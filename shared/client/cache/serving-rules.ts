import type { ErrorCode } from "../../errors/codes.ts";

/** What a failed request means for the value that the client holds. */
export interface ServingRule {
  /** How long a value that was read before is served while the source fails in this way. */
  readonly servedFor: "maxStaleMs" | "maxDeniedMs";
  /** Whether the same request is made three times before it counts as failed. */
  readonly isRepeated: boolean;
}

/** They may pass within seconds. */
const repeated = new Set<ErrorCode>([
  "credentials-missing",
  "clock-skewed",
  "store-unavailable",
  "store-throttled",
  "mirror-unavailable",
  "vault-standby",
  "vault-behind",
  "vault-throttled",
]);

/** Somebody may have taken the rights away. */
const denials = new Set<ErrorCode>([
  "access-denied",
  "key-denied",
  "key-unusable",
  "vault-token-refused",
  "vault-login-refused",
  "mirror-unauthorized",
]);

/** The reference of the client has them in a table. */
export const servingRule = (code: ErrorCode): ServingRule => ({
  servedFor: denials.has(code) ? "maxDeniedMs" : "maxStaleMs",
  isRepeated: repeated.has(code),
});
