import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import type { RuledUser } from "./rights.ts";

/** What `ACL GETUSER` says of a user, as far as a rotation goes by it. */
export interface Account extends RuledUser {
  readonly user: string;
  readonly isOn: boolean;
  /** Logs in with any password. */
  readonly takesAnyPassword: boolean;
  /** SHA-256 of each password, in the order in which they were given. */
  readonly hashes: readonly string[];
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** `undefined` for a user that does not exist. Errors: `database-rights-missing`, and those of the connection. */
export async function readAccount(
  connection: Connection,
  user: string,
  call: CallOptions,
): Promise<Account | undefined> {
  const found = await connection.run(["ACL", "GETUSER", user], call);
  if (found === null) return undefined;
  const flags = texts(memberAt(found, "flags"));
  const selectors: unknown = memberAt(found, "selectors");
  return {
    user,
    isOn: flags.includes("on"),
    takesAnyPassword: flags.includes("nopass"),
    hashes: texts(memberAt(found, "passwords")),
    commands: texts([found, ...(Array.isArray(selectors) ? selectors : [])].map((one) => memberAt(one, "commands"))),
  };
}

/**
 * A user whose passwords may be changed. SETUSER would make a missing one, without any right and off, and would leave one that is
 * off so; the first password of a user with `nopass` would end the logins of everybody who sends another. Errors:
 * `credential-refused`, `account-unsupported`.
 */
export async function readLiveAccount(connection: Connection, user: string, call: CallOptions): Promise<Account> {
  const account = await readAccount(connection, user, call);
  if (account?.isOn !== true) {
    const problem = account === undefined ? "no such user" : "the user is off";
    throw new RekeyError("credential-refused", { context: { user, problem } });
  }
  if (!account.takesAnyPassword) return account;
  throw new RekeyError("account-unsupported", {
    context: { user, property: "nopass" },
    hint: "the user logs in with any password, and its first own one would lock out whoever sends another: let every service send the secret's password, then ACL SETUSER <user> resetpass ><password>",
  });
}
