import type { ChangeTerms } from "../../rotation/ports.ts";
import { type Account, accountsOf, onlyAccount, parseAccount } from "./account.ts";

export const isSame = (one: Account, other: Account): boolean => one.user === other.user && one.host === other.host;

/**
 * The accounts of one name whose password is changed together: the one that the current password's login came in by, and
 * those that the same password opens, or the next one already. An account with another password may be somebody else's.
 *
 * The one that logged in comes last: until then a repeat logs in with the current password and goes on. Errors:
 * `account-unsupported` for several accounts while no password is known to log in.
 */
export async function accountsToChange<Row extends Account>(
  rows: readonly Row[],
  user: string,
  { current, own }: Pick<ChangeTerms, "current" | "own">,
  isOpened: (row: Row) => Promise<boolean>,
): Promise<readonly Row[]> {
  const all = accountsOf(rows, user);
  if (current === undefined || all.length < 2) return [onlyAccount(rows, user)].filter((row) => row !== undefined);
  const came = own?.account === undefined ? undefined : parseAccount(own.account);
  const [siblings, itself]: [Row[], Row[]] = [[], []];
  for (const row of all) {
    if (came !== undefined && isSame(row, came)) itself.push(row);
    else if (await isOpened(row)) siblings.push(row);
  }
  return [...siblings, ...itself];
}
