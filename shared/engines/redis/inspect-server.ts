import { memberAt } from "../../answers/member-at.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import { ifAnswered } from "../inspecting.ts";
import type { Connection } from "./connection.ts";
import { mayRun, type RuledCommand, type RuledUser } from "./rights.ts";

/** Asks where the user of the session may, so that the server's log of refusals stays empty; `undefined` otherwise. */
export type Ask = (command: RuledCommand, ...more: readonly string[]) => Promise<unknown>;

export const askingAs =
  (own: RuledUser | undefined, connection: Connection, call: CallOptions): Ask =>
  async (command, ...more) =>
    own !== undefined && mayRun(own, command)
      ? ifAnswered(connection.run([...command.toUpperCase().split("|"), ...more], call))
      : undefined;

/** Where the server writes its users down; its own file comes before its configuration. */
export async function readUserStore(ask: Ask): Promise<NonNullable<ServerFacts["usersKeptIn"]>> {
  const file = memberAt(await ask("config|get", "aclfile"), "aclfile");
  if (typeof file !== "string") return "unseen";
  if (file !== "") return "file of users";
  const server = await ask("info", "server");
  if (typeof server !== "string") return "unseen";
  return /^config_file:\S/m.test(server) ? "configuration" : "nothing";
}

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
