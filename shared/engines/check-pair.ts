import { createHash } from "node:crypto";
import { RekeyError } from "../errors/rekey-error.ts";
import type { UserPair } from "../ports/database-engine.ts";

/** What a server says of a pair before it is brought in step. */
interface FoundPair<User> {
  readonly first: User | undefined;
  readonly alternate: User | undefined;
  /** Whether the alternate has rekey's mark. */
  readonly isOurs: boolean;
  /** The one that gets the next password. */
  readonly next: string;
  /** Why a user cannot be one of a pair, where it cannot. */
  readonly excludes?: (user: User) => string | undefined;
}

/** Sixteen letters and digits that stand for the first user, for a mark on its alternate. */
export const digestOfFirst = ({ first }: Pick<UserPair, "first">): string =>
  createHash("sha256").update(first, "utf8").digest("hex").slice(0, 16);

/** Whether the alternate of a pair that `checkPair` has let through has rekey's mark in the end: it has it now, or rekey makes it. */
export const keepsMark = (isOurs: boolean, { isGranted }: Pick<UserPair, "isGranted">): boolean => isOurs || !isGranted;

export const collision = ({ first, alternate }: UserPair, problem: string): RekeyError =>
  new RekeyError("user-collision", { context: { first, alternate, problem } });

/** The first user, when these two may stand for one service. Errors: `user-collision`, which names what is wrong with them. */
export function checkPair<User>(
  pair: UserPair,
  { first, alternate, isOurs, next, excludes = () => undefined }: FoundPair<User>,
): User {
  if (first === undefined) throw collision(pair, "the first user does not exist");
  const problem = excludes(first) ?? (alternate === undefined ? undefined : excludes(alternate));
  if (problem !== undefined) throw collision(pair, problem);
  if (alternate === undefined && next !== pair.alternate) throw collision(pair, "the alternate user does not exist");
  if (alternate !== undefined && !isOurs && !pair.isGranted) {
    throw collision(pair, "the alternate user was not made by rekey");
  }
  return first;
}
