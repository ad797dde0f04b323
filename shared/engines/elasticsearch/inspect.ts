import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { ifAnswered, isAtLeast } from "../inspecting.ts";
import { readAccounts } from "./account.ts";
import { oldestVersions } from "./product.ts";
import { type Identity, type SecurityApi, securityPath } from "./security-api.ts";
import { isMarked } from "./sync-pair.ts";

const unseen: UserFacts = { mayBeChanged: false, isOurAlternate: false };

/** What an administrator sees; `undefined`: there is no user of that name in the native realm. */
async function factsOf(
  api: SecurityApi,
  user: string,
  first: string,
  call: CallOptions,
): Promise<UserFacts | undefined> {
  try {
    const account = (await readAccounts(api, [user], call)).get(user);
    return account === undefined ? undefined : { mayBeChanged: true, isOurAlternate: isMarked(account, { first }) };
  } catch (error) {
    if (!isRekeyError(error, "account-unsupported")) throw error;
    return unseen;
  }
}

/** What a session may read: without `manage_security` a user may change itself, and sees nobody else. No password expires. */
export async function inspect(
  api: SecurityApi,
  own: Identity,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const overview = await ifAnswered(api.read("read version", "", call));
  const number = memberAt(overview, "version", "number");
  const version = typeof number === "string" ? number : undefined;
  const question = { cluster: ["manage_security"] };
  const rights = await ifAnswered(api.read("read rights", `${securityPath}/user/_has_privileges`, call, question));
  const isAdministrator = memberAt(rights, "has_all_requested") === true;
  const isNative = own.realmType === "native" && !own.isReserved;
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const facts = isAdministrator ? await factsOf(api, user, usernames[0] ?? "", call) : unseen;
    if (facts === undefined) continue;
    users.set(user, user === own.username ? { ...facts, mayBeChanged: isNative } : facts);
  }
  return {
    version: `Elasticsearch ${version ?? "unknown"}`,
    // Who may not ask is not told, and is no reason to refuse the server.
    isSupported: version === undefined || isAtLeast(version, oldestVersions.Elasticsearch),
    isReadOnly: false,
    users,
  };
}
