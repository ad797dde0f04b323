import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { maxStoredPasswords } from "./limits.ts";

export const userPassword = "userPassword";

/** An attribute and a value, as each distinguished name begins. A driver takes other texts for something else than a name. */
export const beginsAsName = /^\s*(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)\s*=/i;

/** Errors: `secret-malformed` for a user name that cannot be an entry's. */
export function requireName(username: string): void {
  if (beginsAsName.test(username) && username.isWellFormed()) return;
  throw new RekeyError("secret-malformed", {
    context: { field: "username", problem: "not a distinguished name" },
    hint: "username is the distinguished name that services bind with, such as cn=orders,ou=services,dc=example,dc=com",
  });
}

/**
 * The values that the server stores as the user's passwords. Errors: `credential-refused` for a user that the session does not
 * see, `database-rights-missing` where it does not see them, `account-unsupported` for more than anybody has.
 */
export async function readPasswords(connection: Connection, dn: string, call: CallOptions): Promise<readonly Buffer[]> {
  const entry = await connection.read(dn, [userPassword], call);
  if (entry === undefined) {
    throw new RekeyError("credential-refused", {
      context: { user: dn, problem: "no such user, or none that is shown" },
    });
  }
  const values = entry.get(userPassword.toLowerCase()) ?? [];
  if (values.length === 0) {
    throw new RekeyError("database-rights-missing", {
      context: { user: dn, right: "read userPassword" },
      hint: "the session sees no userPassword of the user: let it read and write that (access to attrs=userPassword by self write by anonymous auth by * none), or give the user one",
    });
  }
  if (values.length <= maxStoredPasswords) return values;
  throw new RekeyError("account-unsupported", {
    context: { user: dn, property: "number of passwords" },
    hint: `the user has more than ${maxStoredPasswords} passwords: delete the values of userPassword that nobody uses`,
  });
}
