import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { transaction } from "./transaction.ts";

/** A lock that is not free, or a statement that hangs, ends as `database-timeout` long before the function does. */
const limits = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10s'";

/** One rotation at a time per database: PostgreSQL fails concurrent changes of one role ("tuple concurrently updated"). */
const oneAtATime = "SELECT pg_advisory_xact_lock(hashtext('rekey'))";

/** Runs `work` in a transaction that holds rekey's lock, and rolls it back when it throws. */
export const inTransaction = async (
  connection: Connection,
  call: CallOptions,
  work: () => Promise<void>,
): Promise<void> => transaction(connection, `${limits}; ${oneAtATime}`, call, work);

/** The server's own iteration count: a setting since PostgreSQL 16, 4096 before. */
async function scramIterations(connection: Connection, call: CallOptions): Promise<number> {
  const [row] = await connection.run<{ iterations: string | null }>(
    "read scram_iterations",
    "SELECT current_setting('scram_iterations', true) AS iterations",
    call,
  );
  return Number(row?.iterations ?? "4096");
}

/** Sets a role's password by its verifier. Errors: `database-rights-missing`, `database-read-only`, `credential-refused`. */
export async function setPassword(connection: Connection, credential: Credential, call: CallOptions): Promise<void> {
  if (Buffer.byteLength(credential.username) > 63) {
    throw new RekeyError("secret-malformed", { context: { field: "username", problem: "longer than 63 bytes" } });
  }
  const verifier = await scramVerifier(credential.password, await scramIterations(connection, call));
  await connection.run(
    "set password",
    `ALTER ROLE ${escapeIdentifier(credential.username)} WITH PASSWORD ${escapeLiteral(verifier)}`,
    call,
  );
}
