import { isAtLeast, oldestVersions } from "../supported-versions.ts";
import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { readAccount } from "./account.ts";
import { mayRun } from "./command-rights.ts";
import type { Connection } from "./connection.ts";
import { countClusterNodes, countReplicas } from "./nodes.ts";
import { type Ask, askingAs } from "./asking.ts";
import { readReplicationUsers } from "./replication-users.ts";

/** Where the server writes its users down; its own file comes before its configuration. */
async function readUserStore(ask: Ask): Promise<NonNullable<ServerFacts["usersKeptIn"]>> {
  const file = memberAt(await ask("config|get", "aclfile"), "aclfile");
  if (typeof file !== "string") return "unseen";
  if (file !== "") return "file of users";
  const server = await ask("info", "server");
  if (typeof server !== "string") return "unseen";
  return /^config_file:\S/m.test(server) ? "configuration" : "nothing";
}

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
    isSupported: isAtLeast(version, oldestVersions.redis),
    isReadOnly,
    nodes: memberAt(about, "mode") === "cluster" ? await countClusterNodes(connection, call) : await countReplicas(ask),
    usersKeptIn: await readUserStore(ask),
    mayRewriteConfiguration: own !== undefined && mayRun(own, "config|rewrite"),
    users,
  };
}
