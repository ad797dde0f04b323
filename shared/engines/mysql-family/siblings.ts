import { RekeyError } from "../../errors/rekey-error.ts";
import type { ChangeTerms } from "../../ports/database-engine.ts";
import { accountsOf, onlyAccount } from "./account.ts";
import { type Account, isSame, parseAccount } from "./names.ts";
import type { Connection } from "./connection.ts";

type Known = Pick<ChangeTerms, "current" | "own">;

async function opened<Row extends Account>(
  { account }: Pick<Connection, "account">,
  rows: readonly Row[],
  user: string,
  { current, own }: Known,
  isOpened: (row: Row) => Promise<boolean>,
): Promise<readonly Row[]> {
  const all = accountsOf(rows, user);
  if (current === undefined || all.length < 2) return [onlyAccount(rows, user)].filter((row) => row !== undefined);
  const told = own?.account === undefined ? undefined : parseAccount(own.account);
  const came = account.user === user ? account : told;
  const [siblings, itself]: [Row[], Row[]] = [[], []];
  for (const row of all) {
    if (came !== undefined && isSame(row, came)) itself.push(row);
    else if (await isOpened(row)) siblings.push(row);
  }
  return [...siblings, ...itself];
}

/**
 * The accounts of one name whose password is changed together: the one that the current password's login came in by, and
 * those that the same password opens, or the next one already. An account with another password may be somebody else's.
 *
 * The one that logged in comes last: until then a repeat logs in with the current password and goes on. Errors:
 * `account-unsupported` for several accounts while no password is known to log in; `credential-refused` for none.
 */
export async function siblingAccounts<Row extends Account>(
  connection: Pick<Connection, "account">,
  rows: readonly Row[],
  user: string,
  known: Known,
  isOpened: (row: Row) => Promise<boolean>,
): Promise<readonly Row[]> {
  const accounts = await opened(connection, rows, user, known, isOpened);
  if (accounts.length > 0) return accounts;
  throw new RekeyError("credential-refused", { context: { user, problem: "no such user" } });
}
