import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, ServerFacts, UserFacts } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

/** `ACL GETUSER` and `ACL SETUSER` came with the users of Redis 6; selectors and keys' rights as they are read here with 6.2. */
function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 2);
}

/** The answer, or `undefined` where this session may not ask or the server does not know the command. */
async function ask(connection: Connection, command: readonly string[], call: CallOptions): Promise<unknown> {
  try {
    return await connection.run(command, call);
  } catch (error) {
    if (isRekeyError(error, "database-rights-missing") || isRekeyError(error, "database-failed")) return undefined;
    throw error;
  }
}

/**
 * What a session may read. Whether it may change a user is asked of the server by `ACL DRYRUN` (Redis 7), else taken from
 * whether it may read one: the rights go together. Redis locks nobody out and lets no password expire.
 */
export async function inspect(
  connection: Connection,
  self: string,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const about = await connection.run(["HELLO", "3"], call);
  const told = memberAt(about, "version");
  const version = typeof told === "string" ? told : "unknown";
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const found = await ask(connection, ["ACL", "GETUSER", user], call);
    if (found === null) continue;
    const mayChange = await ask(connection, ["ACL", "DRYRUN", self, "ACL", "SETUSER", user], call);
    const mayBeChanged = mayChange === undefined ? found !== undefined : mayChange === "OK";
    users.set(user, { mayBeChanged, isOurAlternate: false });
  }
  return {
    version: `Redis ${version}`,
    isSupported: isSupported(version),
    isReadOnly: memberAt(about, "role") === "replica",
    users,
  };
}
