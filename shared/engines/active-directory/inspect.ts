import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import type { Connection } from "../ldap/connection.ts";
import { mark, markOf } from "./account.ts";
import { type Directory, findUser, flags, textAt, timeAt, type User } from "./directory.ts";
import { oldestLevel } from "./product.ts";

const expiry = ["accountExpires", "msDS-UserPasswordExpiryTimeComputed"] as const;

function factsOf(user: User, first: User | undefined): UserFacts {
  const ends = expiry.flatMap((attribute) => timeAt(user, attribute)?.getTime() ?? []);
  return {
    mayBeChanged: (user.flags & flags.disabled) === 0,
    isOurAlternate: first !== undefined && textAt(user.entry, mark) === markOf(first),
    ...(ends.length === 0 ? {} : { expiresAt: new Date(Math.min(...ends)) }),
  };
}

/** What the session is shown. Whether an admin may reset a password is an extended right, which nobody is told. */
export async function inspect(
  connection: Connection,
  directory: Directory,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const users = new Map<string, UserFacts>();
  let first: User | undefined;
  for (const username of usernames) {
    const user = await findUser(connection, directory, username, call, [...expiry, mark]);
    if (user !== undefined) users.set(username, factsOf(user, first));
    first ??= user;
  }
  const domain = await connection.read(directory.domain, ["lockoutThreshold"], call);
  const locksAfterRefusals = Number(textAt(domain, "lockoutThreshold"));
  const { level } = directory;
  return {
    version: `Active Directory, functional level ${Number.isInteger(level) ? level : "unknown"}`,
    isSupported: level >= oldestLevel,
    isReadOnly: directory.isReadOnly,
    ...(locksAfterRefusals > 0 ? { locksAfterRefusals } : {}),
    users,
  };
}
