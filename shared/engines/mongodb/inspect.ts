import type { Document } from "mongodb";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { ifAnswered, isAtLeast } from "../inspecting.ts";
import { oldestVersions } from "./product.ts";
import { readPrivileges } from "./rights.ts";
import { readUsers } from "./account.ts";

/**
 * What a session may read; each user is asked for alone, since anyone may read itself. A user is left out where the server
 * does not tell a session its privileges. MongoDB's users do not expire, and nobody is locked out.
 */
export async function inspect(
  connection: Connection,
  database: string,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const ask = async (command: Document): Promise<Document | undefined> =>
    ifAnswered(connection.run("inspect the server", "admin", command, call));
  const told: unknown = (await ask({ buildInfo: 1 }))?.["version"];
  const version = typeof told === "string" ? told : "unknown";
  const hello = (await ask({ hello: 1 })) ?? (await ask({ isMaster: 1 }));
  const own = await readPrivileges(connection, call);
  const [first = ""] = usernames;
  const users = new Map<string, UserFacts>();
  for (const name of own === undefined ? [] : usernames) {
    const [user] = (await ifAnswered(readUsers(connection, database, [name], call))) ?? [];
    if (user === undefined) continue;
    const isOwn = own?.isSelf(name, database) === true && own.may("changeOwnPassword", database);
    users.set(name, {
      mayBeChanged: isOwn || own?.may("changePassword", database) === true,
      isOurAlternate: user.customData?.rekeyAlternateOf === first,
    });
  }
  return {
    version: `MongoDB ${version}`,
    isSupported: isAtLeast(version, oldestVersions.MongoDB),
    isReadOnly: (hello?.["isWritablePrimary"] ?? hello?.["ismaster"]) === false,
    users,
  };
}
