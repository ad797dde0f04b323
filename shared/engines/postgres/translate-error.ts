import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";
import { isNetworkFault, isTlsFault } from "../connecting/fault-codes.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { poolerAnswer } from "./wire/pooler-answers.ts";

/** SQLSTATE (PostgreSQL, appendix A) to code. Classes (two characters) stand behind exact states. */
const bySqlState: Readonly<Record<string, ErrorCode>> = {
  "25006": "database-read-only",
  "25P03": "database-timeout",
  "25P04": "database-timeout",
  "28000": "credential-refused",
  "3D000": "database-unknown",
  "40001": "database-locked",
  "40P01": "database-locked",
  "42501": "database-rights-missing",
  "53300": "database-busy",
  "55P03": "database-locked",
  "57014": "database-timeout",
  "57P01": "connection-lost",
  "57P02": "connection-lost",
  "57P03": "database-busy",
  "57P05": "connection-lost",
  "08": "connection-lost",
  "53": "database-busy",
};

export const stringField = (error: unknown, field: string): string | undefined => {
  const value = typeof error === "object" && error !== null ? Reflect.get(error, field) : undefined;
  return typeof value === "string" ? value : undefined;
};

/** The SQLSTATE of an error that the server sent, else undefined. */
export const sqlState = (error: unknown): string | undefined =>
  stringField(error, "severity") === undefined ? undefined : stringField(error, "code");

/** What an error means behind a login that worked: a pooler then has to log in to the server itself. */
function codeOf(state: string, message: string): ErrorCode {
  if (state === "08P01") {
    const answer = poolerAnswer(message);
    if (answer === "server refuses") return "pooler-keeps-password";
    if (answer === "pooler full" || answer === "no connection left") return "database-busy";
  }
  if (state === "28P01") return "pooler-keeps-password";
  return bySqlState[state] ?? bySqlState[state.slice(0, 2)] ?? "database-failed";
}

/**
 * A driver's or socket's error as rekey's own. Only the SQLSTATE or the socket's code crosses: messages of the server can
 * hold statement text. `isReached`: the server's side had taken the connection. `hints`: the engine's own, by code.
 */
export function translateError(
  error: unknown,
  call: { readonly signal: AbortSignal },
  operation: string,
  isReached: boolean,
  hints: Partial<Record<ErrorCode, string>> = {},
): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return timeSpent(operation);
  const state = sqlState(error);
  const message = stringField(error, "message") ?? "";
  if (state !== undefined) {
    const code = codeOf(state, message);
    return new RekeyError(code, { context: { operation, sqlstate: state }, hint: hints[code] });
  }
  const code = stringField(error, "code");
  if ((code !== undefined && isTlsFault(code)) || message.includes("does not support SSL")) {
    return new RekeyError("tls-refused", { context: { operation, reason: code ?? "server without TLS" } });
  }
  if (message === "timeout expired" || message === "Query read timeout") {
    return new RekeyError(isReached ? "database-timeout" : "database-unreachable", { context: { operation } });
  }
  if (code !== undefined && isNetworkFault(code)) {
    return new RekeyError(isReached ? "connection-lost" : "database-unreachable", {
      context: { operation, reason: code },
    });
  }
  if (message.startsWith("Connection terminated") || message.startsWith("There was an error establishing an SSL")) {
    return new RekeyError("connection-lost", { context: { operation } });
  }
  const problem =
    error instanceof ServerMisbehaved
      ? error.problem
      : error instanceof RangeError || error instanceof TypeError
        ? "malformed message"
        : message.startsWith("SASL: SCRAM-SERVER")
          ? "SCRAM out of bounds or without the server's proof"
          : undefined;
  if (problem !== undefined) return new RekeyError("server-misbehaved", { context: { operation, problem } });
  if (message.startsWith("Unknown authenticationOk message type")) {
    return new RekeyError("database-failed", {
      context: { operation, reason: "authentication method" },
      hint: "the server asks for a login that the driver does not know; on Redshift, the user's password is in the sha256 form: set it once by hand, as text or in the md5 form",
    });
  }
  return new RekeyError("database-failed", { context: { operation, reason: code ?? "protocol" } });
}
