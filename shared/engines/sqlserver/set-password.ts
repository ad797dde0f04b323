import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { readSession, requireRight, type SessionFacts } from "./session-facts.ts";
import { passwordClause, quoteName, quoteText } from "./statements.ts";

const operation = "set password";

function right({ isContained, mayAlterLogins, mayAlterUsers }: SessionFacts): void {
  if (isContained) requireRight(mayAlterUsers, "ALTER ANY USER");
  else requireRight(mayAlterLogins, "ALTER ANY LOGIN");
}

/** The statement that sets the password, without having sent it. Errors: `database-rights-missing`, `account-unsupported`. */
export async function planPassword(
  connection: Connection,
  own: Credential,
  { username, password }: Credential,
  call: CallOptions,
): Promise<string> {
  const facts = await readSession(connection, call);
  const what = facts.isContained ? "USER" : "LOGIN";
  const name = quoteName(username);
  if (facts.isReadOnly && facts.isContained) throw new RekeyError("database-read-only", { context: { operation } });
  // One's own password needs no right, only the old one; the server compares the two itself.
  if (username === own.username) {
    return `ALTER ${what} ${name} WITH ${passwordClause(password, false)} OLD_PASSWORD = ${quoteText(own.password.reveal())}`;
  }
  right(facts);
  const mayHash = facts.controlsServer && !facts.isContained;
  return `ALTER ${what} ${name} WITH ${passwordClause(password, mayHash)}`;
}

/** Errors: those of `planPassword` and of the server. */
export async function setPassword(
  connection: Connection,
  own: Credential,
  credential: Credential,
  call: CallOptions,
): Promise<void> {
  await connection.run(operation, await planPassword(connection, own, credential, call), call);
}
