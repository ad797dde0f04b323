import type { CallOptions, PlannedChange } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { readPrivileges, requirePrivileges } from "./privileges.ts";
import { planPassword } from "./set-password.ts";
import { planPair } from "./sync-pair.ts";

/** MongoDB changes users outside of transactions: all that a method asks before its first change, and the rights for each change. */
export async function rehearse(
  connection: Connection,
  database: string,
  change: PlannedChange,
  call: CallOptions,
): Promise<void> {
  if (change.method !== "setPassword" && change.method !== "syncPair") return;
  const commands =
    change.method === "setPassword"
      ? [await planPassword(connection, database, change.credential, call)]
      : await planPair(connection, database, change.pair, change.next, call);
  const own = await readPrivileges(connection, call);
  for (const one of commands) requirePrivileges(own, one, database);
}
