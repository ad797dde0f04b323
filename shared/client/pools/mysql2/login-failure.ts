import { type Explanation, tlsFailure } from "../tls-failure.ts";

/**
 * Refused logins whose SQLSTATE is not 28000: an expired user, a locked one (MySQL's number and
 * MariaDB's), one that is blocked after refused logins (of both too). Source: the error references of both.
 */
const refusals = new Set<unknown>([1862, 3118, 3955, 4150, 4151]);
/** All connections of the server or of the user are in use. Source: as above. */
const limits = new Set<unknown>([1040, 1203, 1226]);
/** `require_secure_transport`, of both servers. */
const wantsTls = 3159;

const numberOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, "errno") : undefined);

/** Whether the server, or a proxy before it (ProxySQL, MaxScale, RDS Proxy), refused a login, before any query was sent. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && (refusals.has(numberOf(error)) || Reflect.get(error, "sqlState") === "28000");

/** Whether the server takes no more connections, of this user or at all. */
export const isLimit = (error: unknown): boolean => limits.has(numberOf(error));

/** What an error of a login means, where the driver's own does not say it. */
export function explainLogin(error: unknown, isEncrypted: boolean): Explanation | undefined {
  const errno = numberOf(error);
  const context = typeof errno === "number" ? { errno } : {};
  if (errno === wantsTls) {
    return {
      code: "tls-refused",
      context: { ...context, reason: "not encrypted" },
      hint: "the server takes no connection without TLS (require_secure_transport): write ssl: true in the secret, or give pool.ssl",
    };
  }
  if (!isRefusal(error)) return tlsFailure(error);
  if (errno !== 1045 || isEncrypted) return { code: "credential-refused", context };
  return {
    code: "credential-refused",
    context: { ...context, reason: "not encrypted" },
    hint: "the password is wrong, or the account wants TLS (REQUIRE SSL), which the server refuses alike: compare it, and write ssl: true in the secret",
  };
}
