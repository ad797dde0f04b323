import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError, type RekeyErrorOptions } from "../../errors/rekey-error.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";
import { brokenConnection } from "../connecting/tls-alerts.ts";
import { oldestVersions } from "./product.ts";
import { alternateUserTag, passwordCharsetTag, passwordExcludeTag } from "../../tags/tag-names.ts";

/** The server's codes (MongoDB's error_codes.yml) to rekey's. */
const byServerCode: Readonly<Record<number, ErrorCode>> = {
  11: "credential-refused", // UserNotFound
  13: "database-rights-missing", // Unauthorized
  18: "credential-refused", // AuthenticationFailed
  24: "database-locked", // LockTimeout
  59: "engine-unsupported", // CommandNotFound
  50: "database-timeout", // MaxTimeMSExpired
  64: "database-timeout", // WriteConcernFailed: the change may have taken effect
  91: "database-busy", // ShutdownInProgress
  112: "database-locked", // WriteConflict
  115: "engine-unsupported", // CommandNotSupported
  189: "database-read-only", // PrimarySteppedDown
  202: "database-busy", // NetworkInterfaceExceededTimeLimit
  238: "engine-unsupported", // NotImplemented
  262: "database-timeout", // ExceededTimeLimit
  303: "engine-unsupported", // DocumentDB: feature not supported
  334: "credential-refused", // MechanismUnavailable
  10107: "database-read-only", // NotWritablePrimary
  11600: "database-busy", // InterruptedAtShutdown
  8000: "engine-unsupported", // AtlasError
  10058: "database-read-only", // LegacyNotPrimary
  11602: "connection-lost", // InterruptedDueToReplStateChange
  13435: "database-read-only", // NotPrimaryNoSecondaryOk
  13436: "database-busy", // NotPrimaryOrSecondary
};

/** What a session lacks, by the operation that the server refused. */
const rightsHints: Readonly<Record<string, string>> = {
  "read users": "the admin needs the action viewUser on the users' database, which the role userAdmin has",
  "set password":
    "let the user change its own password (a role with the action changeOwnPassword on its database), or give the secret an admin with changePassword there, which the role userAdmin has",
  "make the pair":
    "the admin needs createUser on the users' database, grantRole on the database of each role of the first user, and setAuthenticationRestriction where it has restrictions: the role userAdmin on those databases, or userAdminAnyDatabase",
  "bring the pair in step":
    "the admin needs changePassword and changeCustomData on the users' database; while roles differ also grantRole on the database of each role and revokeRole on every database, since updateUser replaces roles as a whole: the role userAdminAnyDatabase",
};

export const rightsHint = (operation: string): string =>
  rightsHints[operation] ?? "give the session a role with this action";

export const pairHint = `the server does not keep all that a user of MongoDB can have (FerretDB 1: no roles, no customData): name an alternate of your own by the tag ${alternateUserTag}, granted by REKEY_USER_GRANTS, or rotate a single user`;

export const atlasHint =
  "MongoDB Atlas changes database users by its own API alone, not by updateUser: rotate them there, or use a server of your own";

function hintOf(code: number, operation: string): string | undefined {
  switch (code) {
    case 2: // BadValue
      return operation === "log in"
        ? undefined
        : `the server refused a value: DocumentDB takes passwords of 8 to 100 characters without / " @, so set ${passwordExcludeTag} or ${passwordCharsetTag}`;
    case 11:
      return "the user is not in the database that authSource (or dbname) names";
    case 13:
      return rightsHint(operation);
    case 59:
    case 115:
      return "the server has no commands for users: it is none of MongoDB's, or a service that changes users by its own API";
    case 238:
    case 303:
      return pairHint;
    case 64:
      return "a majority of the replica set did not confirm the change in time; look for members that are down or behind";
    case 8000:
      return atlasHint;
    default:
      return undefined;
  }
}

/** What the driver throws of an answer that it cannot read, or that lacks what every answer has. */
const unreadable = /^(?:BSON\w*|Mongo(?:Parse|Runtime|UnexpectedServerResponse)|Range|Type)Error$/;

/** The code of an error that the server sent, else undefined. */
export function serverCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !/^Mongo(?:Server|WriteConcern)Error$/.test(error.name)) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "number" ? code : 0;
}

/** What the driver's own check of a password's characters throws (RFC 4013). */
const isOfSaslPrep = (error: unknown): boolean =>
  error instanceof Error && error.name === "Error" && /^(?:Prohibited|Unassigned|String must)/.test(error.message);

function brokenIn(error: unknown, operation: string): RekeyError {
  const { code, hint, context } = brokenConnection(Object(error)["cause"]);
  return new RekeyError(code, { context: { operation, ...context }, hint });
}

/**
 * A driver's error as rekey's own. Only the server's code crosses: its messages hold names, and some the command. Errors:
 * those of the table above, `server-too-old`, `connection-lost`, `database-timeout`, `time-budget-spent`,
 * `server-misbehaved`, `database-failed`.
 */
export function translateError(error: unknown, call: { readonly signal: AbortSignal }, operation: string): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return timeSpent(operation);
  const code = serverCode(error);
  if (code !== undefined) {
    const hint = hintOf(code, operation);
    const options: RekeyErrorOptions = {
      context: { operation, serverCode: code },
      hint,
    };
    return new RekeyError(byServerCode[code] ?? "database-failed", options);
  }
  const name = error instanceof Error ? error.name : typeof error;
  if (name === "MongoNetworkTimeoutError") return new RekeyError("database-timeout", { context: { operation } });
  if (name === "MongoNetworkError") return brokenIn(error, operation);
  if (name === "MongoCompatibilityError") {
    return new RekeyError("server-too-old", {
      context: { operation },
      hint: `upgrade the server: MongoDB ${oldestVersions.MongoDB} and DocumentDB ${oldestVersions.DocumentDB} are the oldest that rekey supports`,
    });
  }
  if (isOfSaslPrep(error)) {
    return new RekeyError("secret-malformed", {
      context: { operation, field: "password", problem: "has characters that SCRAM-SHA-256 does not take" },
    });
  }
  if (unreadable.test(name)) return new RekeyError("server-misbehaved", { context: { operation, problem: name } });
  return new RekeyError("database-failed", { context: { operation, reason: name } });
}
