import { isRekeyError, type RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { transaction, type TransactionEnd } from "./transaction.ts";

/** Nothing but the server's own names are looked up, whatever the database or a login trigger has put before them. */
const ownNames = "SET LOCAL search_path = pg_catalog, pg_temp";

/** A default that the server, the database or everybody has, and not this session's user or its client alone. */
const operatorsDefault = `(SELECT source FROM pg_settings WHERE name = 'default_transaction_read_only')
         NOT IN ('user', 'database user', 'client', 'session')
       OR EXISTS (SELECT 1 FROM pg_db_role_setting s, unnest(s.setconfig) AS c
                   WHERE s.setrole = 0
                     AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                     AND CASE WHEN c LIKE 'default_transaction_read_only=%' THEN split_part(c, '=', 2)::bool END)`;

/** Whether nothing can be changed here: a standby, or a server or database that is read-only by its operator's word. */
export const isReadOnlyHere = `(pg_is_in_recovery()
       OR current_setting('default_transaction_read_only')::bool AND (${operatorsDefault}))`;

/** Some of these are unknown to older servers. Only what is there, and stands otherwise, is set. */
const otherSettings = `SELECT set_config(v.name, v.value, true)
  FROM (VALUES ('transaction_timeout', '0'), ('synchronous_commit', 'on'), ('createrole_self_grant', '')) AS v(name, value)
 WHERE current_setting(v.name, true) <> v.value
   AND (v.name <> 'synchronous_commit' OR current_setting(v.name) = 'off')`;

/**
 * A lock that is not free, or a statement that hangs, ends as `database-timeout` long before the function does; a change that was
 * acknowledged is on disk.
 */
const ownLimits = [
  "SET LOCAL client_min_messages = 'warning'",
  "SET LOCAL lock_timeout = '5s'",
  "SET LOCAL statement_timeout = '10s'",
  "SET LOCAL idle_in_transaction_session_timeout = '30s'",
  otherSettings,
];

/** For looking: as whom the session acts is left as it is. */
export const looking = ["BEGIN ISOLATION LEVEL READ COMMITTED", ownNames, ...ownLimits];

/** One rotation at a time per database: PostgreSQL fails concurrent changes of one role ("tuple concurrently updated"). */
const oneAtATime = "SELECT pg_advisory_xact_lock(hashtext('rekey'))";

/** How a transaction starts otherwise than a healthy one. */
interface Start {
  /** In spite of the user's own `default_transaction_read_only`. */
  readonly writes: boolean;
  /** As the role that the user's settings name, for an admin whose rights are that role's. */
  readonly keepsRole: boolean;
}

/** The settings of a user or database rule how its applications work, not how its password is changed. */
const changing = ({ writes, keepsRole }: Start): readonly string[] => [
  `BEGIN ISOLATION LEVEL READ COMMITTED${writes ? " READ WRITE" : ""}`,
  ownNames,
  ...(keepsRole ? [] : ["SET LOCAL SESSION AUTHORIZATION DEFAULT", "SET LOCAL ROLE NONE"]),
  ...ownLimits,
  oneAtATime,
];

interface OwnSettings {
  readonly role: string;
  readonly isReadOnly: boolean;
}

/** The start in which the change may work that failed so, or `undefined`. */
async function otherStart(
  connection: Connection,
  start: Start,
  error: RekeyError,
  call: CallOptions,
): Promise<Start | undefined> {
  const isReadOnly = error.code === "database-read-only" && !start.writes;
  const isPowerless = error.code === "database-rights-missing" && !start.keepsRole;
  if (!isReadOnly && !isPowerless) return undefined;
  const [own] = await transaction(connection, looking, call, async () =>
    connection.run<OwnSettings>(
      "read the session's settings",
      `SELECT current_setting('role') AS role, ${isReadOnlyHere} AS "isReadOnly"`,
      call,
    ),
  );
  if (isReadOnly) return own?.isReadOnly === false ? { ...start, writes: true } : undefined;
  return (own?.role ?? "none") === "none" ? undefined : { ...start, keepsRole: true };
}

/**
 * Runs `work` in a transaction that holds rekey's lock and that no setting of the session's user rules: as that user itself, or,
 * where it lacks the right, as the role that its sessions start in. `work` must say `database-read-only` and
 * `database-rights-missing` before it changes anything.
 */
export async function changingTransaction(
  connection: Connection,
  call: CallOptions,
  end: TransactionEnd,
  work: () => Promise<void>,
  start: Start = { writes: false, keepsRole: false },
): Promise<void> {
  try {
    await transaction(connection, changing(start), call, work, end);
  } catch (error) {
    const other = isRekeyError(error) ? await otherStart(connection, start, error, call) : undefined;
    if (other === undefined) throw error;
    try {
      await changingTransaction(connection, call, end, work, other);
    } catch (again) {
      // What the user itself lacks says more than what its role lacks too.
      throw isRekeyError(error) && isRekeyError(again, error.code) ? error : again;
    }
  }
}
