import { memberAt } from "../../answers/member-at.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { optional } from "./optional.ts";

/** A line of `CLIENT LIST` has some 350 bytes, and an answer at most 256 KiB. */
const mostClients = 500;

const fieldOf = (line: string, name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? "";

/** A replica's connection has the flag S, a Sentinel's one a name of Sentinel's. */
const isOfServers = (line: string): boolean =>
  fieldOf(line, "flags").includes("S") || fieldOf(line, "name").startsWith("sentinel-");

async function readConnected(connection: Connection, call: CallOptions): Promise<readonly string[]> {
  const clients = await optional(connection.run(["INFO", "clients"], call));
  const count = Number(/^connected_clients:(\d+)/m.exec(String(clients))?.[1] ?? Infinity);
  if (count > mostClients) return [];
  const list = await optional(connection.run(["CLIENT", "LIST"], call));
  const lines = typeof list === "string" ? list.split("\n") : [];
  return lines.filter(isOfServers).map((line) => fieldOf(line, "user"));
}

/**
 * The users that the servers themselves log in by, as far as the session may see it: by `masteruser` to their primary (a replica
 * by the default user where it is not set), and as replicas and Sentinels that are connected now. No password is read.
 */
export async function readReplicationUsers(
  connection: Connection,
  isReplica: boolean,
  call: CallOptions,
): Promise<ReadonlySet<string>> {
  const setting = await optional(connection.run(["CONFIG", "GET", "masteruser"], call));
  const named = memberAt(setting, "masteruser") || (isReplica ? "default" : undefined);
  return new Set([...(typeof named === "string" ? [named] : []), ...(await readConnected(connection, call))]);
}
