import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { PlannedChange } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { ifAnswered } from "../inspecting.ts";
import { readPrivileges, requirePrivileges } from "./rights.ts";
import { planPassword } from "./set-password.ts";
import { type PairCommand, planPair } from "./sync-pair.ts";
import { pairHint } from "./translate-error.ts";

/** FerretDB 1 refuses roles and `customData` when it is given them. Errors: `engine-unsupported`, as it would answer. */
async function requireKeeping(connection: Connection, commands: readonly PairCommand[], call: CallOptions) {
  const isRich = ({ command }: PairCommand): boolean => "customData" in command || Boolean(command["roles"]?.[0]);
  if (!commands.some(isRich)) return;
  const about = await ifAnswered(connection.run("inspect the server", "admin", { buildInfo: 1 }, call));
  if (!String(about?.["ferretdbVersion"]).startsWith("v1.")) return;
  throw new RekeyError("engine-unsupported", {
    context: { operation: "make the pair", reason: "FerretDB 1" },
    hint: pairHint,
  });
}

/** MongoDB changes users outside of transactions: all that a method asks before its first change, and the rights for each change. */
export async function rehearse(
  connection: Connection,
  database: string,
  change: PlannedChange,
  call: CallOptions,
): Promise<void> {
  if (change.method !== "setPassword" && change.method !== "syncPair") return;
  const commands: readonly PairCommand[] =
    change.method === "setPassword"
      ? [await planPassword(connection, database, change.credential, call)]
      : await planPair(connection, database, change.pair, change.next, call);
  await requireKeeping(connection, commands, call);
  const own = await readPrivileges(connection, call);
  for (const one of commands) requirePrivileges(own, one, database);
}
