import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { type Connection, connect } from "./connection.ts";

/**
 * A database that no pooler has: PgBouncer takes no name of 64 bytes or more, even where it takes any other (`*`). It looks
 * up no password for such a database, but tells a user of its own list whose password is right that there is none.
 */
const nowhere = "rekey-asks-whether-the-pooler-keeps-this-password".padEnd(200, ".");

/** Whether PgBouncer has this password in a list of its own. Errors: those that pass. */
async function keepsPassword(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<boolean> {
  try {
    const outcome = await connect({ ...target, dbname: nowhere }, credential, call);
    if (typeof outcome !== "string") await outcome.close();
    return false;
  } catch (error) {
    if (!isRekeyError(error) || error.disposition === "retry") throw error;
    return error.code === "database-unknown" && error.context["sqlstate"] === "08P01";
  }
}

const kept = ({ username }: Credential): RekeyError =>
  new RekeyError("pooler-keeps-password", { context: { user: username } });

export interface ServerRole {
  readonly isStandby: boolean;
}

interface ServerRow extends ServerRole {
  readonly process: number;
  readonly user: string;
}

async function readServer(connection: Connection, call: CallOptions): Promise<ServerRow | undefined> {
  try {
    // By full names, since no transaction has set the search_path.
    const [row] = await connection.run<ServerRow>(
      "read session",
      `SELECT pg_catalog.pg_backend_pid() AS process, session_user AS "user", pg_catalog.pg_is_in_recovery() AS "isStandby"`,
      call,
    );
    return row;
  } catch (error) {
    // A standby takes no statement of a user whose sessions are serializable by default.
    if (isRekeyError(error) && error.context["sqlstate"] === "0A000")
      throw new RekeyError("database-read-only", { context: { operation: "read session", sqlstate: "0A000" } });
    throw error;
  }
}

/**
 * Whether the password of the session's own user can be changed where a pooler stands between: the process that answers is
 * then not the one that the login named. Changes nothing. Errors: `pooler-keeps-password`; `account-unsupported` when the
 * pooler logs in to the server as another user.
 */
export async function checkPooler(
  connection: Connection,
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
): Promise<ServerRole> {
  const server = await readServer(connection, call);
  const role = { isStandby: server?.isStandby === true };
  if (server === undefined || server.process === connection.processId) return role;
  if (server.user !== credential.username) {
    throw new RekeyError("account-unsupported", {
      context: { property: "user at the pooler", user: credential.username },
      hint: "the pooler logs in to the server as another user: take user= out of [databases] of PgBouncer, or name the server itself",
    });
  }
  if (await keepsPassword(target, credential, call)) throw kept(credential);
  return role;
}

/** The error of a login that the pooler took and the server refused, which an older password in the pooler's list explains best. */
export async function explainRefusedPooler(
  error: unknown,
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
): Promise<unknown> {
  const isRefused = isRekeyError(error, "credential-expired");
  return isRefused && (await keepsPassword(target, credential, call)) ? kept(credential) : error;
}
