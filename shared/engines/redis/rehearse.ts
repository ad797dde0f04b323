import type { CallOptions } from "../../ports/call.ts";
import type { PlannedChange } from "../../ports/database-engine.ts";
import { readAccount, readLiveAccount } from "./account.ts";
import { requireRights } from "./rights.ts";
import type { Connection } from "./connection.ts";

/** What `keepBoth` and `keepOnly` ask before they change something, and whether this session may run the rest. */
export async function rehearse(
  connection: Connection,
  self: string,
  change: PlannedChange,
  call: CallOptions,
): Promise<void> {
  if (change.method !== "keepBoth" && change.method !== "keepOnly") return;
  const { username } = change.method === "keepBoth" ? change.current : change.credential;
  const account = await readLiveAccount(connection, username, call);
  const own = username === self ? account : await readAccount(connection, self, call);
  requireRights(own, ["acl|setuser", "acl|save"]);
}
