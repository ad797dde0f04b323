import { RekeyError } from "../../errors/rekey-error.ts";
import { memberAt } from "../../answers/member-at.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { ifAnswered } from "../inspecting.ts";
import type { Ask } from "./inspect-server.ts";
import { redisReplicasTag } from "../../tags/tag-names.ts";
import { defined } from "../../secrets/defined.ts";

const numberIn = (answer: unknown, name: string): number | undefined => {
  const [, count] = new RegExp(`^${name}:(\\d+)`, "m").exec(typeof answer === "string" ? answer : "") ?? [];
  return count === undefined ? undefined : Number(count);
};

/**
 * A replica takes changes of users, but keeps them to itself, as every node does: users are not replicated. So a secret
 * that names one by mistake would be rotated where nobody writes. The tag `rekey:redis-replicas` lets them be named. A Sentinel
 * has users of its own, which no service logs in by. Errors: `database-read-only`, `secret-malformed`.
 */
export function requirePrimary(about: unknown, { host, options }: DatabaseTarget): void {
  if (memberAt(about, "mode") === "sentinel") {
    throw new RekeyError("secret-malformed", {
      context: { field: "host", problem: "a Sentinel, which has users of its own" },
      hint: "name the primary that the Sentinel watches, with its own port",
    });
  }
  const role = memberAt(about, "role");
  if (role !== "replica" || options.get(redisReplicasTag) === "change") return;
  throw new RekeyError("database-read-only", {
    context: { host, role },
    hint: `name the primary in the secret; to change users on replicas as well, list them in hosts and set the tag ${redisReplicasTag} to change`,
  });
}

/**
 * Every node of a cluster has users of its own: where only some were changed, the others would refuse the new password. Errors:
 * `account-unsupported`, also where the session may not ask how many there are and the secret lists one.
 */
export async function requireAllPrimaries(
  connection: Connection,
  { listed = 1 }: DatabaseTarget,
  call: CallOptions,
): Promise<void> {
  const primaries = numberIn(await ifAnswered(connection.run(["CLUSTER", "INFO"], call)), "cluster_size");
  if (listed >= (primaries ?? 2)) return;
  throw new RekeyError("account-unsupported", {
    context: { property: "cluster", listed, ...defined({ primaries }) },
    hint: "the user exists on each of the cluster's nodes, and the secret does not list them all: name every node in hosts (for a cluster of one node, allow the session +cluster|info)",
  });
}

/** How many nodes the cluster knows, replicas included; 1 where the session may not ask. */
export async function countClusterNodes(connection: Connection, call: CallOptions): Promise<number> {
  return numberIn(await ifAnswered(connection.run(["CLUSTER", "INFO"], call)), "cluster_known_nodes") ?? 1;
}

/** This server and the replicas that are connected to it, as far as the session may ask. */
export async function countReplicas(ask: Ask): Promise<number> {
  return 1 + (numberIn(await ask("info", "replication"), "connected_slaves") ?? 0);
}
