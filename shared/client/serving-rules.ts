import type { ErrorCode } from "../errors/codes.ts";

export interface ServingRule {
  /** In a few words for the documentation. */
  readonly cause: string;
  /** How long a value that was read before is served while the source fails in this way. */
  readonly servedFor: "maxStaleMs" | "maxDeniedMs";
  /** Whether the same request is made three times before it counts as failed. */
  readonly isRepeated: boolean;
}

const waits = (cause: string): ServingRule => ({ cause, servedFor: "maxStaleMs", isRepeated: true });
const lasts = (cause: string): ServingRule => ({ cause, servedFor: "maxStaleMs", isRepeated: false });
/** Somebody may have taken the rights away. */
const denies = (cause: string): ServingRule => ({ cause, servedFor: "maxDeniedMs", isRepeated: false });

/** What a failed request means for the value that the client holds. The reference of the client is generated from it. */
export const servingRules = {
  "credentials-missing": waits("the process's own credentials: none, or their provider failed"),
  "credentials-expired": lasts("the process's own credentials: expired"),
  "credentials-refused": lasts("the process's own credentials: not recognized, or a wrong signature"),
  "clock-skewed": waits("the process's clock"),
  "store-unavailable": waits("the network (DNS, refused, reset), or Secrets Manager fails"),
  "tls-refused": lasts("TLS: a certificate that is not trusted, or no TLS"),
  "time-budget-spent": lasts("no answer in time"),
  "store-throttled": waits("throttled"),
  "client-quota-exceeded": lasts("the client's own budget of requests"),
  "access-denied": denies("the source refuses: no right to the secret"),
  "key-denied": denies("the source refuses: no right to the KMS key"),
  "key-unusable": denies("the KMS key is disabled, pending deletion, or gone"),
  "secret-not-found": lasts("there is no such secret, or no such version"),
  "secret-deleted": lasts("the secret is marked for deletion"),
  "store-rejected": lasts("Secrets Manager refuses the request itself"),
  "version-not-visible": lasts("a replica lags behind, and the primary is silent"),
  "mirror-unavailable": waits("Vault does not answer, is in maintenance, or fails"),
  "vault-sealed": lasts("Vault is sealed"),
  "vault-uninitialized": lasts("Vault is not initialized"),
  "vault-standby": waits("the Vault node stands by"),
  "vault-behind": waits("the Vault node lags behind"),
  "vault-throttled": waits("Vault throttles"),
  "vault-token-expired": lasts("the process's own Vault token has run out"),
  "vault-token-refused": denies("Vault refuses the token before its end: revoked"),
  "vault-login-refused": denies("Vault refuses the login"),
  "mirror-unauthorized": denies("a Vault policy denies the path"),
  "vault-namespace-missing": lasts("the Vault namespace is missing"),
  "vault-mount-missing": lasts("the Vault mount is missing"),
  "vault-mount-version": lasts("the Vault mount is KV version 1, or another engine"),
  "mirror-rejected": lasts("Vault refuses the request itself"),
  "mirror-path-invalid": lasts("the secret's name cannot be a path in Vault"),
  "server-misbehaved": lasts("what answered does not speak as Vault does"),
  "source-malformed": lasts("a source of your own gives no version"),
} as const satisfies Readonly<Partial<Record<ErrorCode, ServingRule>>>;

const other = lasts("anything else");

export const servingRule = (code: ErrorCode): ServingRule =>
  Object.hasOwn(servingRules, code) ? servingRules[code as keyof typeof servingRules] : other;
