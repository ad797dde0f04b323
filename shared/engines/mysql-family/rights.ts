import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { type Account, quoteAccount } from "./names.ts";
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

/** An account's own grants. */
export async function readGrants(connection: Connection, account: Account, call: CallOptions): Promise<Grants> {
  const sql = `SHOW GRANTS FOR ${quoteAccount(account)}`;
  const lines = await connection.run<Record<string, string>>("read grants", sql, call);
  return parseGrants(lines.flatMap((line) => Object.values(line)));
}

export const adminHint = "GRANT CREATE USER ON *.* TO <admin>; GRANT SELECT ON mysql.* TO <admin>";

/** Whether the session may change other users, and see which there are. */
export const mayAdminister = ({ mayReadAccounts, mayChangeAccounts }: Rights): boolean =>
  mayReadAccounts && mayChangeAccounts;

/** Errors: `database-rights-missing` for a session that could not change other users. */
export function requireAdminRights(rights: Rights, user: string): void {
  if (mayAdminister(rights)) return;
  const missing = rights.mayChangeAccounts ? "SELECT ON mysql.*" : "CREATE USER";
  throw new RekeyError("database-rights-missing", { context: { user, missing }, hint: adminHint });
}
