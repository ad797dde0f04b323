import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, digestOfFirst, keepsMark } from "../check-pair.ts";
import { type Account, readAccount, readRights, requirePassword, rightChanges } from "./account.ts";
import type { Change, Management } from "./management.ts";
import { storedPassword } from "./password-hash.ts";
import { userChange } from "./set-password.ts";

/** The tag of an alternate that rekey made. It gives no rights: the server knows six words, and this is none of them. */
const markOf = (pair: UserPair): string => `rekey-alternate-of-${digestOfFirst(pair)}`;

const isMarked = ({ tags }: Account, pair: UserPair): boolean => tags.includes(markOf(pair));

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join() === other.toSorted().join();

/** The tags that the alternate must have: the first one's, and the mark where rekey made it. */
function wantedTags(first: Account, isOurs: boolean, pair: UserPair): readonly string[] {
  return keepsMark(isOurs, pair) ? [...first.tags, markOf(pair)] : first.tags;
}

/**
 * The changes that give `next` its password and the alternate exactly the tags, permissions, topic permissions and limits of the
 * first. The rights come first, so that a password that logs in may do what it should. Errors: `user-collision`,
 * `account-unsupported`, before anything is changed.
 */
export async function planPair(
  management: Management,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<readonly Change[]> {
  const alternate = await readAccount(management, pair.alternate, call);
  const isOurs = alternate !== undefined && isMarked(alternate, pair);
  const first = checkPair(pair, {
    first: await readAccount(management, pair.first, call),
    alternate,
    isOurs,
    next: next.username,
  });
  const stored = storedPassword(next.password, requirePassword(first));
  const tags = wantedTags(first, isOurs, pair);
  const made = { user: pair.alternate, tags };
  const wanted = await readRights(management, pair.first, pair.alternate, call);
  // A user must be there before it is given rights.
  if (alternate === undefined) return [userChange("make the pair", made, stored), ...rightChanges([], wanted)];
  const held = await readRights(management, pair.alternate, pair.alternate, call);
  const rights = rightChanges(held, wanted);
  if (next.username === pair.alternate) return [...rights, userChange("set password", made, stored)];
  const inStep = isSameSet(alternate.tags, tags)
    ? rights
    : [...rights, userChange("bring the pair in step", made, requirePassword(alternate))];
  return [...inStep, userChange("set password", first, stored)];
}
