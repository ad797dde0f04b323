import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import { ServerMisbehaved } from "../guarded-stream.ts";
import type { Connection } from "./connection.ts";
import { covers, type Grants, parseGrants } from "./grants.ts";
import type { Product } from "./product.ts";

/** What a session may do, its roles in force included. */
export interface Rights {
  readonly grants: Grants;
  readonly mayReadAccounts: boolean;
  /** By CREATE USER, or by UPDATE on the accounts' own tables. */
  readonly mayChangeAccounts: boolean;
}

function rightsOf(lines: readonly string[], { accountTables }: Product): Rights {
  const grants = parseGrants(lines);
  const may = (right: string, on: string): boolean => covers(grants, right, on);
  return {
    grants,
    mayReadAccounts: accountTables.every((table) => may("SELECT", `\`mysql\`.\`${table}\``)),
    mayChangeAccounts: may("CREATE USER", "*.*") || may("UPDATE", "`mysql`.`user`"),
  };
}

export async function readRights(connection: Connection, product: Product, call: CallOptions): Promise<Rights> {
  const lines = await connection.run<Record<string, string>>("read own grants", "SHOW GRANTS", call);
  if (lines.length === 0) throw new ServerMisbehaved("a session without grants");
  return rightsOf(
    lines.flatMap((line) => Object.values(line)),
    product,
  );
}

export const adminHint = "GRANT CREATE USER ON *.* TO <admin>; GRANT SELECT ON mysql.* TO <admin>";

/** Errors: `database-rights-missing` for a session that could not change other users. */
export function requireAdminRights({ mayReadAccounts, mayChangeAccounts }: Rights, user: string): void {
  if (mayReadAccounts && mayChangeAccounts) return;
  const missing = mayChangeAccounts ? "SELECT ON mysql.*" : "CREATE USER";
  throw new RekeyError("database-rights-missing", { context: { user, missing }, hint: adminHint });
}
