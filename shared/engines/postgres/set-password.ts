import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { hints } from "./hints.ts";
import { maxScramIterations, minScramIterations } from "../scram-iterations.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { transaction } from "./transaction.ts";

/** A lock that is not free, or a statement that hangs, ends as `database-timeout` long before the function does. */
const limits = ["SET LOCAL lock_timeout = '5s'", "SET LOCAL statement_timeout = '10s'"];

/** One rotation at a time per database: PostgreSQL fails concurrent changes of one role ("tuple concurrently updated"). */
const oneAtATime = "SELECT pg_advisory_xact_lock(hashtext('rekey'))";

/** Runs `work` in a transaction that holds rekey's lock, and rolls it back when it throws. */
export const inTransaction = async (
  connection: Connection,
  call: CallOptions,
  work: () => Promise<void>,
): Promise<void> => transaction(connection, [...limits, oneAtATime], call, work);

/**
 * The server's own iteration count (a setting since PostgreSQL 16, 4096 before), and whether the role has expired: a
 * login of an expired role is refused in the words of a wrong password, so only a session that is in can tell. Errors:
 * `server-misbehaved` for a count that would be computed past every deadline.
 */
async function readTerms(
  connection: Connection,
  username: string,
  call: CallOptions,
): Promise<{ readonly iterations: number; readonly isExpired: boolean }> {
  const [row] = await connection.run<{ iterations: string | null; isExpired: boolean | null }>(
    "read role",
    `SELECT current_setting('scram_iterations', true) AS iterations,
            (SELECT rolvaliduntil <= now() FROM pg_roles WHERE rolname = ${escapeLiteral(username)}) AS "isExpired"`,
    call,
  );
  const iterations = Number(row?.iterations ?? minScramIterations);
  if (!(iterations >= 1 && iterations <= maxScramIterations)) {
    throw new RekeyError("server-misbehaved", {
      context: { problem: `scram_iterations is not between 1 and ${maxScramIterations}` },
    });
  }
  return { iterations: Math.max(Math.trunc(iterations), minScramIterations), isExpired: row?.isExpired === true };
}

/**
 * Sets a role's password by its verifier. Errors: `credential-expired`, `server-misbehaved`, `database-rights-missing`,
 * `database-read-only`.
 */
export async function setPassword(
  connection: Connection,
  { username, password }: Credential,
  call: CallOptions,
): Promise<void> {
  if (Buffer.byteLength(username) > 63) {
    throw new RekeyError("secret-malformed", { context: { field: "username", problem: "longer than 63 bytes" } });
  }
  const { iterations, isExpired } = await readTerms(connection, username, call);
  if (isExpired) {
    throw new RekeyError("credential-expired", { context: { user: username }, hint: hints["credential-expired"] });
  }
  const verifier = await scramVerifier(password, iterations);
  await connection.run(
    "set password",
    `ALTER ROLE ${escapeIdentifier(username)} WITH PASSWORD ${escapeLiteral(verifier)}`,
    call,
  );
}
