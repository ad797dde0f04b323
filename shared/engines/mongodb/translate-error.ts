import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError, type RekeyErrorOptions } from "../../errors/rekey-error.ts";

/** The server's codes (MongoDB's error_codes.yml) to rekey's. */
const byServerCode: Readonly<Record<number, ErrorCode>> = {
  11: "credential-refused", // UserNotFound
  13: "database-rights-missing", // Unauthorized
  18: "credential-refused", // AuthenticationFailed
  24: "database-locked", // LockTimeout
  50: "database-timeout", // MaxTimeMSExpired
  64: "database-timeout", // WriteConcernFailed: the change may have taken effect
  91: "database-busy", // ShutdownInProgress
  112: "database-locked", // WriteConflict
  189: "database-read-only", // PrimarySteppedDown
  202: "database-busy", // NetworkInterfaceExceededTimeLimit
  262: "database-timeout", // ExceededTimeLimit
  334: "credential-refused", // MechanismUnavailable
  10107: "database-read-only", // NotWritablePrimary
  11600: "database-busy", // InterruptedAtShutdown
  11602: "connection-lost", // InterruptedDueToReplStateChange
  13435: "database-read-only", // NotPrimaryNoSecondaryOk
  13436: "database-busy", // NotPrimaryOrSecondary
};

const hints: Readonly<Record<number, string>> = {
  11: "the user is not in the database that authSource (or dbname) names",
  13: "let the user change its own password (action changeOwnPassword), or give the secret an admin with userAdmin on the user's database",
};

/** What the driver throws of an answer that it cannot read, or that lacks what every answer has. */
const unreadable = /^(?:BSON\w*|Mongo(?:Parse|Runtime|UnexpectedServerResponse)|Range|Type)Error$/;

/** The code of an error that the server sent, else undefined. */
export function serverCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !/^Mongo(?:Server|WriteConcern)Error$/.test(error.name)) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "number" ? code : 0;
}

/**
 * A driver's error as rekey's own. Only the server's code crosses: its messages hold names, and some the command. Errors:
 * those of the table above, `connection-lost`, `database-timeout`, `time-budget-spent`,
 * `server-misbehaved`, `database-failed`.
 */
export function translateError(error: unknown, call: { readonly signal: AbortSignal }, operation: string): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return new RekeyError("time-budget-spent", { context: { operation } });
  const code = serverCode(error);
  if (code !== undefined) {
    const hint = hints[code];
    const options: RekeyErrorOptions = {
      context: { operation, serverCode: code },
      ...(hint === undefined ? {} : { hint }),
    };
    return new RekeyError(byServerCode[code] ?? "database-failed", options);
  }
  const name = error instanceof Error ? error.name : typeof error;
  if (name === "MongoNetworkTimeoutError") return new RekeyError("database-timeout", { context: { operation } });
  if (name === "MongoNetworkError") return new RekeyError("connection-lost", { context: { operation } });
  if (unreadable.test(name)) return new RekeyError("server-misbehaved", { context: { operation, problem: name } });
  return new RekeyError("database-failed", { context: { operation, reason: name } });
}
