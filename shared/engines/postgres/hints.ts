import type { ErrorCode } from "../../errors/codes.ts";

/** What to do on PostgreSQL, where the general hint of a code names no statement. */
export const hints = {
  "credential-expired": "ALTER ROLE … VALID UNTIL 'infinity', then rotate again",
  "pooler-keeps-password": "the server refused the pooler: it holds an older password, or the user has expired",
} as const satisfies Partial<Record<ErrorCode, string>>;
