import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { defined } from "../../secrets/defined.ts";
import { ifAnswered, isAtLeast } from "../inspecting.ts";
import { mayAlterUsers, readAccount } from "./account.ts";
import type { Connection } from "./connection.ts";
import { exactName } from "./names.ts";
import { oldestVersions } from "./product.ts";

const role = "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') FROM DUAL";

/** What the session is shown: a user without rights to the catalog sees itself only. */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const [[databaseRole = null] = []] = await connection.query("read role", role, call);
  const mayAlter = await mayAlterUsers(connection, call);
  const users = new Map<string, UserFacts>();
  for (const username of usernames) {
    const name = exactName(username);
    const account = await ifAnswered(readAccount(connection, name, call));
    if (account === undefined) continue;
    const { expiresAt, isCommon, hasPassword, isInRollover } = account;
    users.set(username, {
      mayBeChanged: (mayAlter || name === connection.user) && hasPassword && !isCommon,
      isOurAlternate: false,
      ...defined({ expiresAt }),
      ...(isInRollover ? { passwords: 2 } : {}),
    });
  }
  const { version } = connection;
  return {
    version: `Oracle Database ${version}`,
    isSupported: isAtLeast(version, oldestVersions["Oracle Database"]),
    isReadOnly: databaseRole !== null && databaseRole !== "PRIMARY",
    users,
  };
}
