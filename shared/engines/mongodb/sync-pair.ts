import { isDeepStrictEqual } from "node:util";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential, UserPair } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { durably, mechanismsOf, setPassword, textOf } from "./set-password.ts";
import { readUsers, type UserInfo } from "./users.ts";

const userAlreadyExists = 51_003;

const collision = (pair: UserPair, problem: string): RekeyError =>
  new RekeyError("user-collision", { context: { first: pair.first, alternate: pair.alternate, problem } });

function checkPair(pair: UserPair, users: readonly UserInfo[], next: Credential): UserInfo {
  const first = users.find(({ user }) => user === pair.first);
  const alternate = users.find(({ user }) => user === pair.alternate);
  if (first === undefined) throw collision(pair, "the first user does not exist");
  if (alternate === undefined && next.username !== pair.alternate)
    throw collision(pair, "the alternate user does not exist");
  if (alternate !== undefined && alternate.customData?.rekeyAlternateOf !== pair.first && !pair.isGranted)
    throw collision(pair, "the alternate user was not made by rekey");
  return first;
}

/** What may differ between the two, in an order of its own. */
function rightsOf({ roles = [], authenticationRestrictions = [] }: UserInfo) {
  const sorted = roles
    .map(({ role, db }) => ({ role, db }))
    .sort((one, other) => (`${one.db}.${one.role}` < `${other.db}.${other.role}` ? -1 : 1));
  return { roles: sorted, authenticationRestrictions };
}

/** The fields of `first` that `alternate` does not have, each as a whole: updateUser replaces what it names. */
function missingRights(first: UserInfo, alternate: UserInfo): object {
  const [wanted, present] = [rightsOf(first), rightsOf(alternate)];
  return Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) => !isDeepStrictEqual(value, Reflect.get(present, field))),
  );
}

/**
 * Gives `next` its password, makes the alternate user where it is missing, and gives it exactly the roles and
 * restrictions of the first one, in one command, so that what was revoked from the first is gone here too. The mark in
 * `customData` records the pair; a user that the function's owner granted keeps its own `customData` and is not marked.
 */
export async function syncPair(
  connection: Connection,
  database: string,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const users = await readUsers(connection, database, [pair.first, pair.alternate], call);
  const first = checkPair(pair, users, next);
  const alternate = users.find(({ user }) => user === pair.alternate);
  if (alternate === undefined) {
    const mark = pair.isGranted ? {} : { customData: { rekeyAlternateOf: pair.first } };
    const { roles, authenticationRestrictions } = rightsOf(first);
    const rights = authenticationRestrictions.length === 0 ? { roles } : { roles, authenticationRestrictions };
    const command = {
      createUser: pair.alternate,
      ...textOf(next),
      ...rights,
      ...mark,
      ...mechanismsOf(first),
      ...durably,
    };
    try {
      await connection.run("make the pair", database, command, call);
    } catch (error) {
      if (!isRekeyError(error) || error.context["serverCode"] !== userAlreadyExists) throw error;
      // Another invocation of this step made it in between.
      await syncPair(connection, database, pair, next, call);
    }
    return;
  }
  const rights = missingRights(first, alternate);
  if (next.username === pair.alternate) {
    const command = { updateUser: pair.alternate, ...textOf(next), ...rights, ...mechanismsOf(alternate), ...durably };
    await connection.run("bring the pair in step", database, command, call);
    return;
  }
  if (Object.keys(rights).length > 0) {
    await connection.run(
      "bring the pair in step",
      database,
      { updateUser: pair.alternate, ...rights, ...durably },
      call,
    );
  }
  await setPassword(connection, database, next, call);
}
