import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";

interface Role {
  readonly role: string;
  readonly db: string;
}

/** What usersInfo says of a user. FerretDB knows neither `customData` nor restrictions, older servers no `mechanisms`. */
export interface UserInfo {
  readonly user: string;
  readonly roles?: readonly Role[];
  readonly customData?: { readonly rekeyAlternateOf?: unknown };
  readonly mechanisms?: readonly string[];
  readonly authenticationRestrictions?: readonly object[];
}

/** FailedToParse, CommandNotSupported, NotImplemented, unknown field; 303 is DocumentDB's "feature not supported". */
const unknownOption = new Set([9, 115, 238, 303, 40415]);

/** The users of these names in this database, as far as they exist. Errors: `database-rights-missing`. */
export async function readUsers(
  connection: Connection,
  database: string,
  names: readonly string[],
  call: CallOptions,
): Promise<readonly UserInfo[]> {
  const usersInfo = names.map((user) => ({ user, db: database }));
  const read = async (options: object): Promise<readonly UserInfo[]> => {
    const { users } = await connection.run("read users", database, { usersInfo, ...options }, call);
    return users as readonly UserInfo[];
  };
  try {
    return await read({ showAuthenticationRestrictions: true });
  } catch (error) {
    if (!isRekeyError(error) || !unknownOption.has(Number(error.context["serverCode"]))) throw error;
    return read({});
  }
}
