/** The driver gives the server's number and SQLSTATE; what it says itself has neither. */
const answerOf = (error: unknown): { readonly errno: unknown; readonly sqlState: unknown } =>
  error instanceof Error
    ? { errno: Reflect.get(error, "errno"), sqlState: Reflect.get(error, "sqlState") }
    : { errno: undefined, sqlState: undefined };

/**
 * Refused logins whose SQLSTATE is not 28000: an expired user, a locked one (MySQL's number and
 * MariaDB's), one that is blocked after refused logins (of both too). Source: the error references of both.
 */
const refusals = new Set<unknown>([1862, 3118, 3955, 4150, 4151]);

/** Whether the server, or a proxy before it (ProxySQL, MaxScale, RDS Proxy), refused a login, before any query was sent. */
export function isRefusal(error: unknown): boolean {
  const { errno, sqlState } = answerOf(error);
  return refusals.has(errno) || sqlState === "28000";
}

/** Too many connections: of the server, of the user by the server's variable, of the user by its own account. */
const limits = new Set<unknown>([1040, 1203, 1226]);

/** Whether a login failed only because too many connections are open; it works once one of them is closed. */
export const isLimit = (error: unknown): boolean => limits.has(answerOf(error).errno);
