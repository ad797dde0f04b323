import type { RekeyError } from "../../errors/rekey-error.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import { checkPair, collision } from "../check-pair.ts";
import { type AccountRow, unsupported } from "./account.ts";

const excludes = ({ isAdministrator }: AccountRow): string | undefined =>
  isAdministrator === 1 ? "a user that may change other users cannot be one of a pair" : undefined;

/** The first user's account, as of `checkPair`. Errors: `user-collision`, also for two that may come from different hosts. */
export function checkAccounts<Row extends AccountRow>(
  pair: UserPair,
  found: Omit<Parameters<typeof checkPair<Row>>[1], "excludes">,
): Row {
  const first = checkPair(pair, { ...found, excludes });
  if (found.alternate !== undefined && found.alternate.host !== first.host) {
    throw collision(pair, "the alternate user may come from other hosts than the first");
  }
  return first;
}

export const lockedByHand = ({ alternate }: UserPair): RekeyError =>
  unsupported(
    alternate,
    "ACCOUNT LOCK",
    "the idle user of the pair was locked by hand, so it could not take over: ALTER USER … ACCOUNT UNLOCK",
  );
