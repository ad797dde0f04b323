import type { CallOptions } from "../../ports/call.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import { quoteAccount, quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";

/** A role that a user has. */
export interface Role {
  readonly user: string;
  /** As a statement names it. */
  readonly role: string;
  readonly mayGrant: boolean;
  /** Whether it is in force when the user logs in. */
  readonly isDefault: boolean;
}

interface Row {
  readonly user: string;
  readonly role: string;
  readonly host: string;
  readonly mayGrant: number;
  readonly isDefault: number;
}

/** The roles of every account of these names. */
export async function readRoles(
  connection: Connection,
  users: readonly string[],
  call: CallOptions,
): Promise<readonly Role[]> {
  const rows = await connection.run<Row>(
    "read roles",
    `SELECT CONVERT(TO_USER USING utf8mb4) AS user, CONVERT(FROM_USER USING utf8mb4) AS role,
            CONVERT(FROM_HOST USING utf8mb4) AS host, WITH_ADMIN_OPTION = 'Y' AS mayGrant,
            EXISTS (SELECT 1 FROM mysql.default_roles AS held WHERE held.USER = TO_USER AND held.HOST = TO_HOST
              AND held.DEFAULT_ROLE_USER = FROM_USER AND held.DEFAULT_ROLE_HOST = FROM_HOST) AS isDefault
       FROM mysql.role_edges WHERE TO_USER IN (${users.map(quoteText).join(", ")})`,
    call,
  );
  return rows.map(({ user, role, host, mayGrant, isDefault }) => ({
    user,
    role: quoteAccount({ user: role, host }),
    mayGrant: mayGrant === 1,
    isDefault: isDefault === 1,
  }));
}

/** The statements that give the alternate the first user as its role, the first one's own roles, and no others. */
export function roleChanges(edges: readonly Role[], { first, alternate }: UserPair, host: string): readonly string[] {
  const name = quoteAccount({ user: alternate, host });
  const itself: Role = { user: alternate, role: quoteAccount({ user: first, host }), mayGrant: false, isDefault: true };
  const wanted = [itself, ...edges.filter(({ user }) => user === first)];
  const held = edges.filter(({ user }) => user === alternate);
  const heldAs = ({ role }: Role): Role | undefined => held.find((one) => one.role === role);
  const surplus = held.filter((one) => {
    const want = wanted.find(({ role }) => role === one.role);
    return want === undefined || (one.mayGrant && !want.mayGrant);
  });
  const kept = new Set(held.filter((one) => !surplus.includes(one)).map(({ role }) => role));
  const missing = wanted.filter((one) => !kept.has(one.role) || heldAs(one)?.mayGrant !== one.mayGrant);
  const defaults = wanted.filter(({ isDefault }) => isDefault);
  return [
    ...surplus.map(({ role }) => `REVOKE ${role} FROM ${name}`),
    ...missing.map(({ role, mayGrant }) => `GRANT ${role} TO ${name}${mayGrant ? " WITH ADMIN OPTION" : ""}`),
    `ALTER USER ${name} DEFAULT ROLE ${defaults.map(({ role }) => role).join(", ")}`,
  ];
}
