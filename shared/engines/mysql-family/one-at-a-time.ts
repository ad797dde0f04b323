import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

/**
 * Strings as `quoteText` writes them, names as `SHOW` always quotes them, and a lock that is not free ends long before the
 * function does. MariaDB, which alone reads that comment, waits for its own tables whatever `lock_wait_timeout` says, and that is all that such a statement can spend its time on.
 */
const settings =
  "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', sql_quote_show_create = 1, lock_wait_timeout = 5, innodb_lock_wait_timeout = 5 /*M! , max_statement_time = 8 */";

/** What every statement that `quoteText` is part of needs. */
export async function setUpSession(connection: Connection, call: CallOptions): Promise<void> {
  await connection.run("set up session", settings, call);
}

/**
 * Runs `work` while it holds rekey's lock on this server. Statements about accounts commit by themselves, so two rotations
 * of one user would otherwise see each other half done. Errors: `database-locked`.
 */
export async function oneAtATime(connection: Connection, call: CallOptions, work: () => Promise<void>): Promise<void> {
  await setUpSession(connection, call);
  const [row] = await connection.run<{ held: number | null }>("lock", "SELECT GET_LOCK('rekey', 5) AS held", call);
  if (row?.held !== 1) throw new RekeyError("database-locked", { context: { operation: "lock" } });
  try {
    await work();
  } finally {
    await connection.run("unlock", "DO RELEASE_LOCK('rekey')", call).catch(() => undefined);
  }
}
