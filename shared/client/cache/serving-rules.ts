import type { ErrorCode } from "../../errors/codes.ts";

export interface ServingRule {
  /** In a few words for the documentation. */
  readonly cause: string;
  /** How long a value that was read before is served while the source fails in this way. */
  readonly servedFor: "maxStaleMs" | "maxDeniedMs";
  /** Whether the same request is made three times before it counts as failed. */
  readonly isRepeated: boolean;
  /** What a service does about it, where the code's own hint speaks to a rotation or to the mirror. */
  readonly hint?: string;
}

const rule =
  (servedFor: ServingRule["servedFor"], isRepeated: boolean) =>
  (cause: string, hint?: string): ServingRule => ({
    cause,
    servedFor,
    isRepeated,
    ...(hint !== undefined && { hint }),
  });
const waits = rule("maxStaleMs", true);
const lasts = rule("maxStaleMs", false);
/** Somebody may have taken the rights away. */
const denies = rule("maxDeniedMs", false);

/** What a failed request means for the value that the client holds. The reference of the client is generated from it. */
export const servingRules = {
  "credentials-missing": waits("the process's own credentials: none, or their provider failed"),
  "credentials-expired": lasts("the process's own credentials: expired"),
  "credentials-refused": lasts("the process's own credentials: not recognized, or a wrong signature"),
  "clock-skewed": waits("the process's clock"),
  "store-unavailable": waits("the network (DNS, refused, reset), or Secrets Manager fails"),
  "tls-refused": lasts(
    "TLS: a certificate that is not trusted, or no TLS",
    "give the root certificate that signed the endpoint's (NODE_EXTRA_CA_CERTS; ca for Vault); look for a proxy that opens TLS",
  ),
  "time-budget-spent": lasts(
    "no answer in time",
    "look at the way to the source and at its health, or raise requestTimeoutMs",
  ),
  "store-throttled": waits(
    "throttled",
    "raise the TTL, or read through one agent on each host; the quota of GetSecretValue may be raised",
  ),
  "client-quota-exceeded": lasts("the client's own budget of requests"),
  "access-denied": denies("the source refuses: no right to the secret"),
  "key-denied": denies("the source refuses: no right to the KMS key"),
  "key-unusable": denies("the KMS key is disabled, pending deletion, or gone"),
  "secret-not-found": lasts("there is no such secret, or no such version"),
  "secret-deleted": lasts("the secret is marked for deletion"),
  "store-rejected": lasts("Secrets Manager refuses the request itself"),
  "version-not-visible": lasts("a replica lags behind, and the primary is silent"),
  "mirror-unavailable": waits(
    "Vault does not answer, is in maintenance, or fails",
    "check the Vault cluster's health, and the address and the way to it by the reason or the status in the context",
  ),
  "vault-sealed": lasts("Vault is sealed"),
  "vault-uninitialized": lasts("Vault is not initialized"),
  "vault-standby": waits("the Vault node stands by"),
  "vault-behind": waits("the Vault node lags behind"),
  "vault-throttled": waits("Vault throttles"),
  "vault-token-expired": lasts("the process's own Vault token has run out"),
  "vault-token-refused": denies("Vault refuses the token before its end: revoked"),
  "vault-login-refused": denies("Vault refuses the login"),
  "mirror-unauthorized": denies(
    "a Vault policy denies the path",
    "give the policy of the login the capability read on the path in the context",
  ),
  "vault-namespace-missing": lasts("the Vault namespace is missing"),
  "vault-mount-missing": lasts("the Vault mount is missing"),
  "vault-mount-version": lasts("the Vault mount is KV version 1, or another engine"),
  "mirror-rejected": lasts("Vault refuses the request itself"),
  "mirror-path-invalid": lasts(
    "the secret's name cannot be a path in Vault",
    "read it by its name, or say where it lies with pathOf",
  ),
  "server-misbehaved": lasts(
    "what answered does not speak as Vault does",
    "check that the address is Vault's own, and what stands between",
  ),
  "source-malformed": lasts("a source of your own gives no version"),
} as const satisfies Readonly<Partial<Record<ErrorCode, ServingRule>>>;

const other = lasts("anything else");

export const servingRule = (code: ErrorCode): ServingRule =>
  Object.hasOwn(servingRules, code) ? servingRules[code as keyof typeof servingRules] : other;
