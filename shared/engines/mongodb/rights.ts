import type { Document } from "mongodb";
import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { ifAnswered } from "../inspecting.ts";
import { rightsHint } from "./translate-error.ts";

/** What the server lets a session do, as it says itself. */
export interface Privileges {
  /** Whether the session logged in as this user. */
  isSelf(user: string, database: string): boolean;
  /** On one database's users and roles; `undefined`: on every database's. */
  may(action: string, database: string | undefined): boolean;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function covers(privilege: unknown, database: string | undefined): boolean {
  const of = memberAt(privilege, "resource", "db");
  return (
    memberAt(privilege, "resource", "anyResource") === true ||
    (memberAt(privilege, "resource", "collection") === "" && (of === "" || (of === database && database !== undefined)))
  );
}

/** `undefined` where the server does not say: FerretDB, and whatever does not know the command. */
export async function readPrivileges(connection: Connection, call: CallOptions): Promise<Privileges | undefined> {
  const command = { connectionStatus: 1, showPrivileges: true };
  const status = await ifAnswered(connection.run("inspect the server", "admin", command, call));
  const privileges = memberAt(status, "authInfo", "authenticatedUserPrivileges");
  if (!Array.isArray(privileges)) return undefined;
  const selves = list(memberAt(status, "authInfo", "authenticatedUsers"));
  return {
    isSelf: (user, database) =>
      selves.some((self) => memberAt(self, "user") === user && memberAt(self, "db") === database),
    may: (action, database) =>
      privileges.some(
        (privilege) => covers(privilege, database) && list(memberAt(privilege, "actions")).includes(action),
      ),
  };
}

interface Need {
  readonly action: string;
  /** `undefined`: every database. */
  readonly database: string | undefined;
}

/** What MongoDB wants for a command about a user. Source: its user_management_commands; updateUser replaces roles as a whole. */
function needsOf(command: Document, database: string, own: Privileges): readonly Need[] {
  const user = String(command["createUser"] ?? command["updateUser"]);
  const creates = "createUser" in command;
  const here = (action: string): Need => ({ action, database });
  const ownOr = (ownAction: string, action: string): Need =>
    here(own.isSelf(user, database) && own.may(ownAction, database) ? ownAction : action);
  const roles = list(command["roles"]);
  const granted = roles.map((role) => ({ action: "grantRole", database: String(memberAt(role, "db")) }));
  return [
    ...(creates ? [here("createUser")] : []),
    ...("pwd" in command && !creates ? [ownOr("changeOwnPassword", "changePassword")] : []),
    ...("customData" in command && !creates ? [ownOr("changeOwnCustomData", "changeCustomData")] : []),
    ...("roles" in command && !creates ? [{ action: "revokeRole", database: undefined }] : []),
    ...granted,
    ...("authenticationRestrictions" in command ? [here("setAuthenticationRestriction")] : []),
  ];
}

/** Errors: `database-rights-missing`, as the server would answer, with the action and the database that it wants it on. */
export function requirePrivileges(
  own: Privileges | undefined,
  { operation, command }: { readonly operation: string; readonly command: Document },
  database: string,
): void {
  const missing = own && needsOf(command, database, own).find((need) => !own.may(need.action, need.database));
  if (missing === undefined) return;
  throw new RekeyError("database-rights-missing", {
    context: { operation, action: missing.action, database: missing.database ?? "(every)" },
    hint: rightsHint(operation),
  });
}
