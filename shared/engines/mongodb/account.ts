import { memberAt } from "../../answers/member-at.ts";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";

interface Role {
  readonly role: string;
  readonly db: string;
}

/** What usersInfo says of a user. FerretDB knows neither `customData` nor restrictions, older servers no `mechanisms`. */
export interface UserInfo {
  readonly user: string;
  readonly roles?: readonly Role[];
  readonly customData?: { readonly rekeyAlternateOf?: unknown } & Readonly<Record<string, unknown>>;
  readonly mechanisms?: readonly string[];
  readonly authenticationRestrictions?: readonly object[];
}

const isListOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  value === undefined || (Array.isArray(value) && value.every(fits));

const isText = (value: unknown): boolean => typeof value === "string";

const isUser = (value: unknown): value is UserInfo =>
  isText(memberAt(value, "user")) &&
  isListOf(memberAt(value, "roles"), (role) => isText(memberAt(role, "role")) && isText(memberAt(role, "db"))) &&
  isListOf(memberAt(value, "mechanisms"), isText) &&
  ["object", "undefined"].includes(typeof memberAt(value, "customData")) &&
  isListOf(memberAt(value, "authenticationRestrictions"), (one) => typeof one === "object");

/** FailedToParse, CommandNotSupported, NotImplemented, unknown field; 303 is DocumentDB's "feature not supported". */
const unknownOption = new Set([9, 115, 238, 303, 40415]);

/** Whether the server refused a command for an option that it does not know. */
export const isUnknownOption = (error: unknown): boolean =>
  isRekeyError(error) && unknownOption.has(Number(error.context["serverCode"]));

/** The users of these names in this database, as far as they exist. Errors: `database-rights-missing`, `server-misbehaved`. */
export async function readUsers(
  connection: Connection,
  database: string,
  names: readonly string[],
  call: CallOptions,
): Promise<readonly UserInfo[]> {
  const usersInfo = names.map((user) => ({ user, db: database }));
  const read = async (options: object): Promise<readonly UserInfo[]> => {
    const { users } = await connection.run("read users", database, { usersInfo, ...options }, call);
    if (Array.isArray(users) && users.every(isUser)) return users;
    throw new RekeyError("server-misbehaved", {
      context: { operation: "read users", problem: "an answer of another form" },
    });
  };
  try {
    return await read({ showAuthenticationRestrictions: true });
  } catch (error) {
    if (!isUnknownOption(error)) throw error;
    return read({});
  }
}
