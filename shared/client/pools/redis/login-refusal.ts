/**
 * A wrong password, an unknown user or one that is off; a login that did not count; one that may not log in; servers before
 * 6.0 and proxies (Envoy, twemproxy). Source: the replies to AUTH and HELLO in Redis's acl.c and in theirs.
 */
const refusals = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR invalid (?:username|password))/;

export const isRefusal = (error: unknown): boolean => error instanceof Error && refusals.test(error.message);

/** The code with which a server's reply begins, such as NOPERM; `undefined`: it is not a reply of a server. */
export const replyCode = (error: unknown): string | undefined =>
  error instanceof Error ? /^([A-Z]{2,})(?: |$)/.exec(error.message)?.[1] : undefined;
