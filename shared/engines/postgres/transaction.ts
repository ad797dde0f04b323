import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";

/** `ROLLBACK` where nothing of it may stay. */
export type TransactionEnd = "COMMIT" | "ROLLBACK";

/**
 * Runs `work` in a transaction that begins with these statements, and rolls it back when `work` throws.
 *
 * Whoever may choose the database of a session may own it, and what its settings put before the server's own functions,
 * operators and catalogs would run with the rights of this session's user: so `begin` sets the search_path. (The driver sets
 * client_encoding, which changes what a statement says, when it connects.) With SET LOCAL nothing is left behind for whom a
 * pooler gives the session next.
 */
export async function transaction<Result>(
  connection: Connection,
  begin: readonly string[],
  call: CallOptions,
  work: () => Promise<Result>,
  end: TransactionEnd = "COMMIT",
): Promise<Result> {
  await connection.run("begin", begin.join("; "), call);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    await connection.run("rollback", "ROLLBACK", call).catch(() => undefined);
    throw error;
  }
  await connection.run(end === "COMMIT" ? "commit" : "rollback", end, call);
  return result;
}
