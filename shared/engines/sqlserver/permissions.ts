import { type DatabaseUser, type Login, type Permission, unsupported } from "./account.ts";
import { quoteName } from "./statements.ts";

type Holder = Pick<Login | DatabaseUser, "name" | "permissions" | "roles">;

/** Where a right is written; `undefined` for a class that is not copied. */
function target({ class: kind, schema, object, column }: Permission): string | undefined {
  if (kind === "SERVER" || kind === "DATABASE") return "";
  if (kind === "SCHEMA" && schema !== null) return ` ON SCHEMA::${quoteName(schema)}`;
  if (kind !== "OBJECT_OR_COLUMN" || schema === null || object === null) return undefined;
  return ` ON OBJECT::${quoteName(schema)}.${quoteName(object)}${column === null ? "" : ` (${quoteName(column)})`}`;
}

interface Right {
  readonly what: string;
  readonly state: string;
}

/** Errors: `account-unsupported` for a right on something that rekey does not copy. */
function rightsOf(holder: Holder): readonly Right[] {
  return (holder.permissions ?? []).map((permission) => {
    const on = target(permission);
    // A word of the server's goes into statements as it is: it is made of capitals and blanks.
    if (on !== undefined && /^[A-Z ]{1,128}$/.test(permission.permission) && /^[GWD]$/.test(permission.state.trim()))
      return { what: `${permission.permission}${on}`, state: permission.state.trim() };
    throw unsupported(
      holder.name,
      "permission on another kind of object",
      "rights on the server, on databases, schemas, objects and columns are copied to the alternate: give others by a role that both are members of",
    );
  });
}

const statement = ({ what, state }: Right, to: string): string =>
  state === "D" ? `DENY ${what} TO ${to}` : `GRANT ${what} TO ${to}${state === "W" ? " WITH GRANT OPTION" : ""}`;

/** The statements after which the holder `named` has exactly the rights of `first`. */
export function rightStatements(first: Holder, held: Holder | undefined, named: string): readonly string[] {
  const wanted = rightsOf(first);
  const has = held === undefined ? [] : rightsOf(held);
  const to = quoteName(named);
  const isIn = (rights: readonly Right[], { what, state }: Right): boolean =>
    rights.some((right) => right.what === what && right.state === state);
  return [
    ...has.filter((right) => !isIn(wanted, right)).map(({ what }) => `REVOKE ${what} FROM ${to} CASCADE`),
    ...wanted.filter((right) => !isIn(has, right)).map((right) => statement(right, to)),
  ];
}

/** The statements after which `named` is a member of exactly the roles of `first`. */
export function roleStatements(
  kind: "SERVER ROLE" | "ROLE",
  first: Holder,
  held: Holder | undefined,
  named: string,
): readonly string[] {
  const names = (holder: Holder | undefined): readonly string[] => (holder?.roles ?? []).map(({ role }) => role);
  const [wanted, has] = [names(first), names(held)];
  const member = quoteName(named);
  return [
    ...wanted
      .filter((role) => !has.includes(role))
      .map((role) => `ALTER ${kind} ${quoteName(role)} ADD MEMBER ${member}`),
    ...has
      .filter((role) => !wanted.includes(role))
      .map((role) => `ALTER ${kind} ${quoteName(role)} DROP MEMBER ${member}`),
  ];
}
