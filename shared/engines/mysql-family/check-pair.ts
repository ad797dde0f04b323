import { RekeyError } from "../../errors/rekey-error.ts";
import type { UserPair } from "../../rotation/ports.ts";
import type { AccountRow } from "./account.ts";

/**
 * The first user's account, when these two accounts may stand for one service. Errors: `user-collision`, which names what
 * is wrong with them.
 */
export function checkPair<Row extends AccountRow>(
  pair: UserPair,
  found: {
    readonly first: Row | undefined;
    readonly alternate: Row | undefined;
    /** Whether the alternate account has rekey's mark. */
    readonly isOurs: boolean;
    readonly next: string;
  },
): Row {
  const { first, alternate } = found;
  const collision = (problem: string): RekeyError =>
    new RekeyError("user-collision", { context: { first: pair.first, alternate: pair.alternate, problem } });
  if (first === undefined) throw collision("the first user does not exist");
  if (first.isAdministrator === 1 || alternate?.isAdministrator === 1) {
    throw collision("a user that may change other users cannot be one of a pair");
  }
  if (alternate === undefined && found.next !== pair.alternate) throw collision("the alternate user does not exist");
  if (alternate !== undefined && !found.isOurs && !pair.isGranted) {
    throw collision("the alternate user was not made by rekey");
  }
  if (alternate !== undefined && alternate.host !== first.host) {
    throw collision("the alternate user may come from other hosts than the first");
  }
  return first;
}
