import type { ErrorCode } from "../../errors/codes.ts";

/** What a failed request means for the value that the client holds. */
export interface ServingRule {
  /** How long a value that was read before is served while the source fails in this way. */
  readonly servedFor: "maxStaleMs" | "maxDeniedMs";
  /** Whether the same request is made three times before it counts as failed. */
  readonly isRepeated: boolean;
  /** What a service does about it, where the code's own hint speaks to a rotation or to the mirror. */
  readonly hint: string | undefined;
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

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  "tls-refused":
    "give the root certificate that signed the endpoint's (NODE_EXTRA_CA_CERTS; ca for Vault); look for a proxy that opens TLS",
  "time-budget-spent": "look at the way to the source and at its health, or raise requestTimeoutMs",
  "store-throttled": "raise the TTL, or read through one agent on each host; the quota of GetSecretValue may be raised",
  "mirror-unavailable":
    "check the Vault cluster's health, and the address and the way to it by the reason or the status in the context",
  "mirror-unauthorized": "give the policy of the login the capability read on the path in the context",
  "mirror-path-invalid": "read it by its name, or say where it lies with pathOf",
  "server-misbehaved": "check that the address is Vault's own, and what stands between",
};

/** The reference of the client has them in a table. */
export const servingRule = (code: ErrorCode): ServingRule => ({
  servedFor: denials.has(code) ? "maxDeniedMs" : "maxStaleMs",
  isRepeated: repeated.has(code),
  hint: Object.hasOwn(hints, code) ? hints[code] : undefined,
});
