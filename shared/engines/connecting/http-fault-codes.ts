import type { ErrorCode } from "../../errors/codes.ts";
import type { HttpFailure } from "../../http/exchange.ts";

/** The code of each way in which an HTTP request has no answer. */
export const httpFaultCodes: Readonly<Record<HttpFailure, ErrorCode>> = {
  aborted: "time-budget-spent",
  unreachable: "database-unreachable",
  silent: "database-timeout",
  cut: "connection-lost",
  untrusted: "tls-refused",
  "too-large": "server-misbehaved",
  malformed: "server-misbehaved",
  internal: "option-invalid",
};
