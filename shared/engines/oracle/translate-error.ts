import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { passwordCharsetTag, passwordLengthTag, strategyTag } from "../../tags/tag-names.ts";
import { timeSpent } from "../connecting/cut-on-abort.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly hint?: string;
  /** What of the account stands in the way. */
  readonly property?: string;
}

const busy: Meaning = {
  code: "database-busy",
  hint: "the server takes no further session now: raise SESSIONS_PER_USER, processes or sessions, or rotate at a quieter time",
};
const starting: Meaning = { code: "database-busy", hint: "the instance starts or stops: the step is tried again" };
const unknownService: Meaning = {
  code: "database-unknown",
  hint: "the listener knows no such service: dbname is a service's name, which lsnrctl services lists, and not a SID",
};
const readOnly: Meaning = {
  code: "database-read-only",
  hint: "the database is open for reading only, as a standby is: name the primary in the secret",
};
const ended: Meaning = { code: "connection-lost" };
const rights: Meaning = {
  code: "database-rights-missing",
  hint: "GRANT ALTER USER TO the admin, and let it read the catalog: GRANT SELECT_CATALOG_ROLE TO the admin",
};
const tooLong: Meaning = {
  code: "account-unsupported",
  property: "password length",
  hint: `the server refuses the password's length: set the tag ${passwordLengthTag} to 30 or less`,
};
const policy: Meaning = {
  code: "account-unsupported",
  property: "PASSWORD_VERIFY_FUNCTION",
  hint: `the profile's function refuses the password: let the tags ${passwordLengthTag} and ${passwordCharsetTag} make such as it takes, or give the user another profile`,
};

/** Numbers of ORA and TNS errors. Source: Oracle's Database Error Messages. */
const byNumber: Readonly<Record<number, Meaning>> = {
  18: busy,
  20: busy,
  28: ended,
  54: { code: "database-locked", hint: "another session changes the user: the step is tried again" },
  942: rights,
  972: tooLong,
  988: policy,
  1012: ended,
  1031: rights,
  1033: starting,
  1034: starting,
  1089: starting,
  1090: starting,
  1092: ended,
  1109: starting,
  1918: { code: "credential-refused", hint: "there is no such user in this database" },
  2391: busy,
  3113: ended,
  3114: ended,
  3135: ended,
  12505: unknownService,
  12514: unknownService,
  12516: busy,
  12518: busy,
  12519: busy,
  12520: busy,
  12526: busy,
  12527: busy,
  12528: starting,
  12660: {
    code: "engine-unsupported",
    hint: "the server demands Oracle's own network encryption, which rekey does not speak: let it take TLS (TCPS)",
  },
  16000: readOnly,
  28003: policy,
  28007: {
    code: "account-unsupported",
    property: "PASSWORD_REUSE",
    hint: `the profile forbids a password that the user had. Two passwords need that while a rollover is under way: use ${strategyTag}=single-user, or a profile without PASSWORD_REUSE_TIME and PASSWORD_REUSE_MAX`,
  },
  28008: { code: "credential-refused", hint: "somebody has changed the password in between" },
  28009: { code: "account-unsupported", property: "SYS", hint: "SYS logs in as SYSDBA only, which rekey does not" },
  28040: {
    code: "engine-unsupported",
    hint: "the server and rekey share no way to log in: see SQLNET.ALLOWED_LOGON_VERSION_SERVER",
  },
  28218: tooLong,
  28219: tooLong,
  65066: {
    code: "account-unsupported",
    property: "common user",
    hint: "a common user is changed in the root container for all of them: rekey rotates users of one database",
  },
};

/** Of a code of the driver's own, which stands for a state of the connection. */
const byDriver: Readonly<Record<string, Meaning>> = {
  "NJS-003": ended,
  "NJS-116": {
    code: "account-unsupported",
    property: "10G verifier",
    hint: "the server keeps the password in a form of before 11g only: set it once by hand, with SEC_CASE_SENSITIVE_LOGON at its default",
  },
  "NJS-138": { code: "server-too-old", hint: "use Oracle Database 19c or newer" },
  "NJS-500": ended,
  "NJS-501": ended,
  "NJS-503": ended,
  "NJS-521": ended,
};

/** The number of an ORA error. */
export const errorNumber = (error: unknown): number | undefined => {
  const number: unknown = Object(error)["errorNum"];
  return typeof number === "number" ? number : undefined;
};

const unknownError: Meaning = {
  code: "database-failed",
  hint: "look up the number in the context, and the operation in the server's alert log",
};

const meaningOf = (number: number): Meaning => byNumber[number] ?? unknownError;

/** What the driver threw, as rekey's own: numbers cross, the server's words do not. */
export function translateError(error: unknown, { signal }: CallOptions, operation: string): RekeyError {
  if (error instanceof RekeyError) return error;
  if (signal.aborted) return timeSpent(operation);
  if (error instanceof ServerMisbehaved)
    return new RekeyError("server-misbehaved", { context: { operation, problem: error.problem } });
  const number = errorNumber(error);
  if (number !== undefined) {
    const { code, hint, property } = meaningOf(number);
    return new RekeyError(code, { context: { operation, property, reason: `ORA-${number}` }, hint });
  }
  const reason = String(Object(error)["code"] ?? "unreadable");
  const meaning = byDriver[reason];
  if (meaning === undefined)
    return new RekeyError("server-misbehaved", { context: { operation, problem: "an answer that cannot be read" } });
  const { code, hint, property } = meaning;
  return new RekeyError(code, { context: { operation, property, reason }, hint });
}

/** What the listener refuses a connection with. */
export function listenerError(refusal: string): RekeyError {
  const [, digits = "0"] = /\(ERR=(\d{1,6})\)/.exec(refusal) ?? [];
  const { code, hint } = meaningOf(Number(digits));
  return new RekeyError(code, { context: { operation: "connect", reason: `TNS-${digits}` }, hint });
}

export const redirected = (): RekeyError =>
  new RekeyError("database-unreachable", {
    context: { operation: "connect", reason: "redirect" },
    hint: "the listener sends clients to another host, which rekey does not follow: name the node's own listener in the secret",
  });

export const tooOld = (): RekeyError =>
  new RekeyError("server-too-old", { context: { operation: "connect" }, hint: "use Oracle Database 19c or newer" });
