import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { isAtLeast } from "../inspecting.ts";
import { readLogins } from "./account.ts";
import type { Connection } from "./connection.ts";
import { oldestVersions } from "./product.ts";
import { readSession } from "./session-facts.ts";
import { alternateSid } from "./statements.ts";

const dayMs = 86_400_000;

/** What a session may see: a login sees itself, and others with `VIEW ANY DEFINITION`. */
export async function inspect(
  connection: Connection,
  own: string,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const { version, isReadOnly, isContained, mayAlterLogins, mayAlterUsers } = await readSession(connection, call);
  const logins = isContained ? [] : await readLogins(connection, usernames, call);
  const mayAlter = isContained ? mayAlterUsers : mayAlterLogins;
  const first = logins.find(({ name }) => name === usernames[0]);
  const factsOf = (username: string): UserFacts => {
    const login = logins.find(({ name }) => name === username);
    const { daysLeft = null, checksExpiration = null, sid } = login ?? {};
    return {
      mayBeChanged: mayAlter || username === own,
      isOurAlternate: first !== undefined && first !== login && sid === alternateSid(first.sid),
      ...(checksExpiration === true && daysLeft !== null ? { expiresAt: new Date(Date.now() + daysLeft * dayMs) } : {}),
    };
  };
  const isSeen = (username: string): boolean => username === own || logins.some(({ name }) => name === username);
  return {
    version: `SQL Server ${version}`,
    isSupported: isAtLeast(version, oldestVersions["SQL Server"]),
    isReadOnly: isReadOnly && isContained,
    users: new Map(usernames.filter(isSeen).map((username) => [username, factsOf(username)])),
  };
}
