import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { oldestVersions } from "./product.ts";
import { rightHint } from "./rights.ts";
import { ErrorReply } from "./resp.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
}

/** An error reply's first word to its meaning. Source: the error replies in Redis's server.c; measured on 7.0.15. */
const byFirstWord: Readonly<Record<string, Omit<Meaning, "reason">>> = {
  BUSY: { code: "database-busy", hint: "a script or function blocks the server; end it with SCRIPT KILL" },
  CLUSTERDOWN: { code: "database-busy", hint: "the cluster is not whole; look at CLUSTER INFO" },
  DENIED: { code: "credential-refused", hint: "protected mode refuses other hosts; set bind and a password" },
  LOADING: { code: "database-busy", hint: "the server is loading its data; wait" },
  MASTERDOWN: { code: "database-read-only" },
  MISCONF: { code: "database-failed", hint: "the server cannot save its data to disk; look at its log" },
  NOAUTH: { code: "credential-refused" },
  NOPROTO: {
    code: "engine-unsupported",
    hint: `rekey speaks RESP3, as Redis ${oldestVersions.Redis} and newer do; a proxy in between may not`,
  },
  OOM: { code: "database-busy", hint: "the server has no memory left; raise maxmemory, or wait" },
  READONLY: { code: "database-read-only" },
  WRONGPASS: { code: "credential-refused" },
};

const byText: readonly (readonly [RegExp, Meaning])[] = [
  [/^ERR max number of clients/, { code: "database-busy", reason: "maxclients" }],
  [/^ERR (?:DB index|invalid DB index|SELECT is not allowed)/, { code: "database-unknown", reason: "database number" }],
  [/not configured to use an ACL file/, { code: "database-failed", reason: "no ACL file" }],
  [/error trying to save the ACLs/, { code: "database-failed", reason: "ACL file not written" }],
  [/password you are trying to remove/, { code: "database-failed", reason: "password already removed" }],
];

const otherReply: Meaning = {
  code: "database-failed",
  reason: "error reply",
  hint: "look for the command in the server's log",
};

/** A server that took `HELLO` is new enough for the rest, so a command that it does not know was taken from it. */
const unknownCommand = (operation: string): Meaning => ({
  code: "engine-unsupported",
  reason: "unknown command",
  hint:
    operation === "log in"
      ? `rekey needs HELLO and ACL: Redis ${oldestVersions.Redis} or newer, without rename-command of HELLO`
      : `the server does not let ${operation} through: it was renamed or disabled (rename-command), or a service or proxy keeps it (ElastiCache and MemoryDB change users by their own API)`,
});

const sessionGone: Omit<Meaning, "reason"> = {
  code: "connection-lost",
  hint: "the session was logged in and is not any more: the user was changed, or another server stands at the address; the step is repeated",
};

function meaningOf({ message }: ErrorReply, operation: string): Meaning {
  const word = /^[A-Z]+/.exec(message)?.[0] ?? "";
  const known = byFirstWord[word];
  if (word === "NOPERM") return { code: "database-rights-missing", reason: word, hint: rightHint(operation) };
  if (word === "NOAUTH" && operation !== "log in") return { ...sessionGone, reason: word };
  if (known !== undefined) return { ...known, reason: word };
  if (/^ERR unknown (?:sub)?command/i.test(message)) return unknownCommand(operation);
  return byText.find(([text]) => text.test(message))?.[1] ?? otherReply;
}

/** Whether the server answered that it does not take this credential: wrong, unknown, or a user that is off. */
export const isWrongPassword = (error: unknown): boolean =>
  error instanceof ErrorReply && error.message.startsWith("WRONGPASS");

/**
 * The server's error, or a fault of the connection, with the operation that it ended. Only words of these tables cross: a
 * reply's text may repeat what was sent.
 */
export function translateError(error: unknown, operation: string): RekeyError {
  if (error instanceof ErrorReply) {
    const { code, reason, hint } = meaningOf(error, operation);
    return new RekeyError(code, { context: { operation, reason }, hint });
  }
  if (error instanceof RekeyError) {
    const { code, context, hint } = error;
    return new RekeyError(code, { context: { operation, ...context }, hint });
  }
  return new RekeyError("database-failed", { context: { operation, reason: "fault" } });
}
