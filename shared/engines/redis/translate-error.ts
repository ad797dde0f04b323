import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { ErrorReply } from "./resp.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
}

const rightsHint =
  "allow the admin +acl|setuser +acl|getuser +acl|save, and +select where the secret's dbname is not 0; a user with -@admin cannot change itself, so name an admin secret";

/** An error reply's first word to its meaning. Source: the error replies in Redis's server.c; measured on 7.0.15. */
const byFirstWord: Readonly<Record<string, Omit<Meaning, "reason">>> = {
  BUSY: { code: "database-busy", hint: "a script or function blocks the server; end it with SCRIPT KILL" },
  CLUSTERDOWN: { code: "database-busy", hint: "the cluster is not whole; look at CLUSTER INFO" },
  DENIED: { code: "credential-refused", hint: "protected mode refuses other hosts; set bind and a password" },
  LOADING: { code: "database-busy", hint: "the server is loading its data; wait" },
  MASTERDOWN: { code: "database-read-only" },
  MISCONF: { code: "database-failed", hint: "the server cannot save its data to disk; look at its log" },
  NOAUTH: { code: "credential-refused" },
  NOPERM: { code: "database-rights-missing", hint: rightsHint },
  READONLY: { code: "database-read-only" },
  WRONGPASS: { code: "credential-refused" },
};

const byText: readonly (readonly [RegExp, Meaning])[] = [
  [/^ERR max number of clients/, { code: "database-busy", reason: "maxclients" }],
  [/^ERR (?:DB index|invalid DB index|SELECT is not allowed)/, { code: "database-unknown", reason: "database number" }],
  [/not configured to use an ACL file/, { code: "database-failed", reason: "no ACL file" }],
  [
    /^ERR unknown (?:sub)?command/,
    { code: "engine-unsupported", reason: "unknown command", hint: "rekey needs HELLO and ACL: Redis 6.2 or newer" },
  ],
];

const otherReply: Meaning = {
  code: "database-failed",
  reason: "error reply",
  hint: "look for the command in the server's log",
};

function meaningOf({ message }: ErrorReply): Meaning {
  const word = /^[A-Z]+/.exec(message)?.[0] ?? "";
  const known = byFirstWord[word];
  if (known !== undefined) return { ...known, reason: word };
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
    const { code, reason, hint } = meaningOf(error);
    return new RekeyError(code, { context: { operation, reason }, ...(hint === undefined ? {} : { hint }) });
  }
  if (error instanceof RekeyError) {
    const { code, context, hint } = error;
    return new RekeyError(code, { context: { operation, ...context }, hint });
  }
  return new RekeyError("database-failed", { context: { operation, reason: "fault" } });
}
