import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { ServerMisbehaved } from "../guarded-stream.ts";

/** Error numbers of MySQL and MariaDB (their error references) to code; MariaDB's own begin at 1900 and 4000. */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  1040: "database-busy",
  1044: "database-unknown",
  1045: "credential-refused",
  1049: "database-unknown",
  1053: "database-busy",
  1130: "credential-refused",
  1142: "database-rights-missing",
  1159: "connection-lost",
  1161: "connection-lost",
  1203: "database-busy",
  1205: "database-locked",
  1213: "database-locked",
  1226: "database-busy",
  1227: "database-rights-missing",
  1290: "database-read-only",
  1410: "database-rights-missing",
  1698: "database-rights-missing",
  1820: "credential-expired",
  1836: "database-read-only",
  1862: "credential-expired",
  1927: "connection-lost",
  1969: "database-locked",
  3024: "database-timeout",
  3118: "credential-refused",
  3159: "tls-refused",
  3169: "connection-lost",
  3955: "credential-refused",
  4031: "connection-lost",
  4150: "credential-refused",
  4151: "credential-refused",
};

const networkCodes = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "PROTOCOL_CONNECTION_LOST",
]);
const tlsCodes =
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ERR_OSSL|EPROTO|HANDSHAKE_)/;

/** The server asked for the password in clear, and its certificate was not verified. */
export class CleartextRefused extends Error {}

const field = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;

/** The driver gives every failure of a TLS handshake one code, a cut connection too. */
const isCut = (error: unknown): boolean =>
  field(error, "syscall") !== undefined || String(error).includes("Client network socket disconnected");

const protocolCodes = /^(?:PROTOCOL_(?!CONNECTION_LOST)|HANDSHAKE_UNKNOWN)/;

/** What the server did that its protocol does not allow, at which the driver's parser throws whatever it does. */
function problemIn(error: unknown): string | undefined {
  if (error instanceof ServerMisbehaved) return error.problem;
  const code = field(error, "code");
  if (String(error).includes("LOCAL INFILE")) return "asks for a file";
  if (code === "AUTH_SWITCH_PLUGIN_ERROR") return undefined;
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)
    return "malformed packet";
  return typeof code === "string" && protocolCodes.test(code) ? "unexpected packet" : undefined;
}

/** The number of an error that the server sent, else undefined. */
export function errorNumber(error: unknown): number | undefined {
  if (error instanceof RekeyError) return Number(error.context["errno"]) || undefined;
  const number = field(error, "errno");
  return typeof number === "number" && number > 0 && typeof field(error, "sqlState") === "string" ? number : undefined;
}

/**
 * A driver's or socket's error as rekey's own. Only the error number or the socket's code crosses: messages of the server
 * can hold statement text. `isReached`: the server's side had taken the connection.
 */
export function translateError(
  error: unknown,
  call: { readonly signal: AbortSignal },
  operation: string,
  isReached: boolean,
): RekeyError {
  if (error instanceof RekeyError) return error;
  if (error instanceof CleartextRefused) {
    return new RekeyError("tls-refused", {
      context: { operation, reason: "the server asks for the password in clear" },
      hint: "verify the server's certificate (ssl: true, with sslrootcert where its root is your own)",
    });
  }
  if (call.signal.aborted) return new RekeyError("time-budget-spent", { context: { operation } });
  const errno = errorNumber(error);
  if (errno !== undefined) {
    return new RekeyError(byNumber[errno] ?? "database-failed", { context: { operation, errno } });
  }
  const problem = problemIn(error);
  if (problem !== undefined) return new RekeyError("server-misbehaved", { context: { operation, problem } });
  const given = field(error, "code");
  if (typeof given !== "string" && field(error, "fatal") === true) {
    return new RekeyError("connection-lost", { context: { operation, reason: "closed before the statement" } });
  }
  const code = typeof given === "string" ? given : "protocol";
  const context = { operation, reason: code };
  if (code === "HANDSHAKE_SSL_ERROR" && isCut(error)) return new RekeyError("connection-lost", { context });
  if (tlsCodes.test(code)) return new RekeyError("tls-refused", { context });
  if (networkCodes.has(code) && !isReached) return new RekeyError("database-unreachable", { context });
  if (code === "ETIMEDOUT") return new RekeyError("database-timeout", { context });
  if (networkCodes.has(code)) return new RekeyError("connection-lost", { context });
  if (code === "AUTH_SWITCH_PLUGIN_ERROR") {
    return new RekeyError("account-unsupported", { context: { operation, problem: "unknown way of authentication" } });
  }
  return new RekeyError("database-failed", { context });
}
