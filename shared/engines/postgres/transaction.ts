import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

/** Runs `work` in a transaction that starts with the `preamble`, and rolls it back when `work` throws. */
export async function transaction(
  connection: Connection,
  preamble: string,
  call: CallOptions,
  work: () => Promise<void>,
): Promise<void> {
  await connection.run("begin", `BEGIN; ${preamble}`, call);
  try {
    await work();
  } catch (error) {
    await connection.run("rollback", "ROLLBACK", call).catch(() => undefined);
    throw error;
  }
  await connection.run("commit", "COMMIT", call);
}
