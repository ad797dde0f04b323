import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { ifAnswered, isAtLeast } from "../inspecting.ts";
import { readAccount } from "./account.ts";
import { oldestVersions } from "./product.ts";
import { type SecurityApi, securityPath } from "./security-api.ts";

/** Whether a session may change this user; `undefined`: there is none of that name. */
async function factsOf(api: SecurityApi, user: string, call: CallOptions): Promise<UserFacts | undefined> {
  try {
    const account = await readAccount(api, user, call);
    return account === undefined ? undefined : { mayBeChanged: true, isOurAlternate: false };
  } catch (error) {
    if (!isRekeyError(error, "account-unsupported")) throw error;
    return { mayBeChanged: false, isOurAlternate: false };
  }
}

/** What a session may read: a user without rights to the API learns nothing. No password expires. */
export async function inspect(api: SecurityApi, usernames: readonly string[], call: CallOptions): Promise<ServerFacts> {
  const overview = await ifAnswered(api.read("read version", "", call));
  const told = memberAt(memberAt(overview, "version"), "number");
  const version = typeof told === "string" ? told : undefined;
  const rights = await ifAnswered(api.read("read rights", `${securityPath}/api/permissionsinfo`, call));
  const isAdministrator = memberAt(rights, "has_api_access") === true;
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const facts = isAdministrator ? await factsOf(api, user, call) : { mayBeChanged: false, isOurAlternate: false };
    if (facts !== undefined) users.set(user, facts);
  }
  return {
    version: `OpenSearch ${version ?? "unknown"}`,
    // Who may not ask is not told, and is no reason to refuse the server.
    isSupported: version === undefined || isAtLeast(version, oldestVersions.OpenSearch),
    isReadOnly: false,
    users,
  };
}
