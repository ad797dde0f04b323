import { memberAt } from "../../answers/member-at.ts";
import type { Ask } from "./asking.ts";

/** A line of `CLIENT LIST` has some 350 bytes, and an answer at most 256 KiB. */
const mostClients = 500;

const fieldOf = (line: string, name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? "";

/** A replica's connection has the flag S, a Sentinel's one a name of Sentinel's. */
const isOfServers = (line: string): boolean =>
  fieldOf(line, "flags").includes("S") || fieldOf(line, "name").startsWith("sentinel-");

async function readConnected(ask: Ask): Promise<readonly string[]> {
  const clients = await ask("info", "clients");
  const [, count = Infinity] = /^connected_clients:(\d+)/m.exec(typeof clients === "string" ? clients : "") ?? [];
  if (Number(count) > mostClients) return [];
  const list = await ask("client|list");
  const lines = typeof list === "string" ? list.split("\n") : [];
  return lines.filter(isOfServers).map((line) => fieldOf(line, "user"));
}

/**
 * The users that the servers themselves log in by, as far as the session may see it: by `masteruser` to their primary (a replica
 * by the default user where it is not set), and as replicas and Sentinels that are connected now. No password is read.
 */
export async function readReplicationUsers(ask: Ask, isReplica: boolean): Promise<ReadonlySet<string>> {
  const setting = memberAt(await ask("config|get", "masteruser"), "masteruser");
  const named = setting === "" && isReplica ? "default" : setting;
  const own = typeof named === "string" && named !== "" ? [named] : [];
  return new Set([...own, ...(await readConnected(ask))]);
}
