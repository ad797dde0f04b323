import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { isAtLeast } from "../inspecting.ts";
import { readAccount } from "./account.ts";
import type { Connection } from "./connection.ts";
import { askingAs, readReplicationUsers, readUserStore } from "./inspect-server.ts";
import { countClusterNodes, countReplicas } from "./nodes.ts";
import { oldestVersions } from "./product.ts";
import { mayRun } from "./rights.ts";

/**
 * What a session may read. Whether it may change a user follows from the rules of its own user. Redis locks nobody out and lets
 * no password expire.
 */
export async function inspect(
  connection: Connection,
  self: string,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const about = await connection.run(["HELLO", "3"], call);
  const told = memberAt(about, "version");
  const version = typeof told === "string" ? told : "unknown";
  const own = await readAccount(connection, self, call).catch((error: unknown) => {
    if (isRekeyError(error, "database-rights-missing")) return undefined;
    throw error;
  });
  const isReadOnly = memberAt(about, "role") === "replica";
  const ask = askingAs(own, connection, call);
  const replicating = await readReplicationUsers(ask, isReadOnly);
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const account = own === undefined ? undefined : await readAccount(connection, user, call);
    if (own !== undefined && account === undefined) continue;
    const passwords = account?.hashes.length ?? 1;
    users.set(user, {
      mayBeChanged: own !== undefined && mayRun(own, "acl|setuser"),
      isOurAlternate: false,
      ...(passwords > 1 ? { passwords } : {}),
      ...(replicating.has(user) ? { isUsedByServers: true } : {}),
    });
  }
  return {
    version: `Redis ${version}`,
    isSupported: isAtLeast(version, oldestVersions.Redis),
    isReadOnly,
    nodes: memberAt(about, "mode") === "cluster" ? await countClusterNodes(connection, call) : await countReplicas(ask),
    usersKeptIn: await readUserStore(ask),
    mayRewriteConfiguration: own !== undefined && mayRun(own, "config|rewrite"),
    users,
  };
}
