import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

/**
 * Whoever may choose the database of a session may own it, and what its settings put before the server's own functions,
 * operators and catalogs would run with the rights of this session's user. (The driver sets client_encoding, which changes
 * what a statement says, when it connects.) Nothing is left behind for whom a pooler gives the session next.
 */
const neutral = "SET LOCAL search_path = pg_catalog";

/** Runs `work` in a transaction that starts with the `preamble`, and rolls it back when `work` throws. */
export async function transaction<Result>(
  connection: Connection,
  preamble: readonly string[],
  call: CallOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.run("begin", ["BEGIN", neutral, ...preamble].join("; "), call);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    await connection.run("rollback", "ROLLBACK", call).catch(() => undefined);
    throw error;
  }
  await connection.run("commit", "COMMIT", call);
  return result;
}
