import { memberAt } from "../../answers/member-at.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { ifAnswered, isAtLeast } from "../inspecting.ts";
import { readAccount } from "./account.ts";
import type { Management } from "./management.ts";
import { oldestVersions } from "./product.ts";

/** What a session may read: a user without rights to the API learns nothing. No password expires, and nobody is locked out. */
export async function inspect(
  management: Management,
  isAdministrator: boolean,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const overview = await ifAnswered(management.read("read version", "overview", call));
  const told = memberAt(overview, "rabbitmq_version");
  const version = typeof told === "string" ? told : undefined;
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const isThere = !isAdministrator || (await readAccount(management, user, call)) !== undefined;
    if (isThere) users.set(user, { mayBeChanged: isAdministrator, isOurAlternate: false });
  }
  return {
    version: `RabbitMQ ${version ?? "unknown"}`,
    // Who may not ask is not told, and is no reason to refuse the server.
    isSupported: version === undefined || isAtLeast(version, oldestVersions.RabbitMQ),
    isReadOnly: false,
    users,
  };
}
