import type { Document } from "mongodb";
import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, ServerFacts, UserFacts } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { readUsers } from "./users.ts";

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 4 || (major === 4 && minor >= 2);
}

/** The answer, or `undefined` where this session may not ask or the server does not know the command. */
async function optional<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRekeyError(error, "database-rights-missing") || isRekeyError(error, "database-failed")) return undefined;
    throw error;
  }
}

function covers(privilege: unknown, database: string): boolean {
  const of = memberAt(privilege, "resource", "db");
  return (
    memberAt(privilege, "resource", "anyResource") === true ||
    (memberAt(privilege, "resource", "collection") === "" && (of === "" || of === database))
  );
}

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
    optional(connection.run("inspect the server", "admin", command, call));
  const told: unknown = (await ask({ buildInfo: 1 }))?.["version"];
  const version = typeof told === "string" ? told : "unknown";
  const hello = (await ask({ hello: 1 })) ?? (await ask({ isMaster: 1 }));
  const status = await ask({ connectionStatus: 1, showPrivileges: true });
  const privileges = memberAt(status, "authInfo", "authenticatedUserPrivileges");
  const selves = list(memberAt(status, "authInfo", "authenticatedUsers"));
  const may = (action: string): boolean =>
    list(privileges).some(
      (privilege) => covers(privilege, database) && list(memberAt(privilege, "actions")).includes(action),
    );
  const [first = ""] = usernames;
  const users = new Map<string, UserFacts>();
  for (const name of privileges === undefined ? [] : usernames) {
    const [user] = (await optional(readUsers(connection, database, [name], call))) ?? [];
    if (user === undefined) continue;
    const isSelf = selves.some((self) => memberAt(self, "user") === name && memberAt(self, "db") === database);
    users.set(name, {
      mayBeChanged: may("changePassword") || (isSelf && may("changeOwnPassword")),
      isOurAlternate: user.customData?.rekeyAlternateOf === first,
    });
  }
  return {
    version: `MongoDB ${version}`,
    isSupported: isSupported(version),
    isReadOnly: (hello?.["isWritablePrimary"] ?? hello?.["ismaster"]) === false,
    users,
  };
}
