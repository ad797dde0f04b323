import { certificateHint } from "../../errors/codes/certificate-hint.ts";
import type { ErrorCode } from "../../errors/codes.ts";

export interface NetworkTrouble {
  readonly code: Extract<ErrorCode, "store-unavailable" | "tls-refused">;
  /** The system's name of it, such as `ECONNREFUSED`. */
  readonly reason: string;
  readonly hint: string;
}

const hints: readonly (readonly [codes: RegExp, hint: string])[] = [
  [/^(ENOTFOUND|EAI_)/, "the endpoint's name is not resolved: check the region, the endpoint and DNS"],
  [/^ECONNREFUSED$/, "nothing listens there: check the endpoint's host and port"],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, "the connection was cut: look at proxies and NAT gateways"],
  [
    /^(ETIMEDOUT|ESOCKETTIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL)$/,
    "no way to the endpoint: check routes, security groups, the VPC endpoint",
  ],
];

const tls =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

/** Errors of sockets have a code; Node puts those of several addresses into one. */
function codeIn(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 3) return undefined;
  const code: unknown = Reflect.get(error, "code");
  if (typeof code === "string") return code;
  const inner: unknown = Reflect.get(error, "errors");
  return codeIn(Array.isArray(inner) ? inner[0] : Reflect.get(error, "cause"), depth + 1);
}

/** What the way to the endpoint did; `undefined`: the error is of another kind. */
export function networkTrouble(error: unknown): NetworkTrouble | undefined {
  const reason = codeIn(error);
  if (reason === undefined) return undefined;
  if (tls.test(reason)) return { code: "tls-refused", reason, hint: certificateHint };
  const hint = hints.find(([codes]) => codes.test(reason))?.[1];
  return hint === undefined ? undefined : { code: "store-unavailable", reason, hint };
}
