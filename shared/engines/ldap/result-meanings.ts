import type { ErrorCode } from "../../errors/codes.ts";

export interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
  /** What of the account stands in the way. */
  readonly property?: string;
}

/** Result codes that mean the same on every directory. Source: RFC 4511, 4.1.9 and A.2. */
export const commonMeanings: Readonly<Record<number, Meaning>> = {
  3: { code: "database-busy", reason: "timeLimitExceeded" },
  7: { code: "engine-unsupported", reason: "authMethodNotSupported", hint: "the server takes no simple bind" },
  11: { code: "database-busy", reason: "adminLimitExceeded" },
  32: { code: "credential-refused", reason: "noSuchObject", hint: "the server shows this session no such entry" },
  51: { code: "database-busy", reason: "busy" },
  52: { code: "database-busy", reason: "unavailable" },
};
