import { RekeyError } from "../../errors/rekey-error.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";
import { isNetworkFault, isTlsFault } from "../connecting/fault-codes.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { causeOf } from "./server-errors.ts";

/** The driver's own code for a connection that ended comes in addition to those of Node.js. */
const isNetwork = (code: string): boolean => isNetworkFault(code) || code === "PROTOCOL_CONNECTION_LOST";

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
  if (call.signal.aborted) return timeSpent(operation);
  const errno = errorNumber(error);
  if (errno !== undefined) {
    const { code, hint, property } = causeOf(errno, operation);
    return new RekeyError(code, { context: { operation, errno, property }, hint });
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
  if (isTlsFault(code) || code.startsWith("HANDSHAKE_")) return new RekeyError("tls-refused", { context });
  if (isNetwork(code) && !isReached) return new RekeyError("database-unreachable", { context });
  if (code === "ETIMEDOUT") return new RekeyError("database-timeout", { context });
  if (isNetwork(code)) return new RekeyError("connection-lost", { context });
  if (code === "AUTH_SWITCH_PLUGIN_ERROR") {
    return new RekeyError("account-unsupported", { context: { operation, problem: "unknown way of authentication" } });
  }
  return new RekeyError("database-failed", { context });
}
