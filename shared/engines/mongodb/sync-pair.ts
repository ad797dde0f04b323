import { isDeepStrictEqual } from "node:util";
import type { Document } from "mongodb";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair } from "../check-pair.ts";
import type { Connection } from "./connection.ts";
import { durably, mechanismsOf, textOf } from "./set-password.ts";
import { readUsers, type UserInfo } from "./account.ts";

const userAlreadyExists = 51_003;

/** A command that `syncPair` sends, and what it is for. */
export interface PairCommand {
  readonly operation: string;
  readonly command: Document;
}

const unsupported = (user: string, property: string): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property } });

const isMarked = (alternate: UserInfo, pair: UserPair): boolean =>
  alternate.customData?.rekeyAlternateOf === pair.first;

/** What may differ between the two, in an order of its own. */
function rightsOf({ roles = [], authenticationRestrictions = [] }: UserInfo) {
  const sorted = roles
    .map(({ role, db }) => ({ role, db }))
    .sort((one, other) => (`${one.db}.${one.role}` < `${other.db}.${other.role}` ? -1 : 1));
  // usersInfo shows a list of lists, the commands take a list.
  return { roles: sorted, authenticationRestrictions: authenticationRestrictions.flat() };
}

function ownDataOf({ customData }: UserInfo): object {
  const { rekeyAlternateOf: _mark, ...own } = customData ?? {};
  return own;
}

const isEmpty = (data: object): boolean => Object.keys(data).length === 0;

/**
 * The `customData` that the alternate user must get, where it has another: the first one's, and the mark of the pair where rekey
 * made it. Errors: `account-unsupported` where a user that the function's owner granted has its own, which would be lost.
 */
function missingData(first: UserInfo, alternate: UserInfo | undefined, pair: UserPair): object {
  const [wanted, present] = [ownDataOf(first), alternate === undefined ? {} : ownDataOf(alternate)];
  const mark = { rekeyAlternateOf: pair.first };
  if (alternate === undefined) {
    const made = pair.isGranted ? wanted : { ...wanted, ...mark };
    return isEmpty(made) ? {} : { customData: made };
  }
  if (isDeepStrictEqual(wanted, present)) return {};
  if (isMarked(alternate, pair)) return { customData: { ...wanted, ...mark } };
  if (isEmpty(wanted)) return {};
  if (!isEmpty(present)) throw unsupported(pair.alternate, "customData");
  return { customData: wanted };
}

/** The fields of `first` that `alternate` does not have, each as a whole: updateUser replaces what it names. */
function missingRights(first: UserInfo, alternate: UserInfo, pair: UserPair): object {
  const [wanted, present] = [rightsOf(first), rightsOf(alternate)];
  const rights = Object.entries(wanted).filter(
    ([field, value]) => !isDeepStrictEqual(value, Reflect.get(present, field)),
  );
  return { ...Object.fromEntries(rights), ...missingData(first, alternate, pair) };
}

const known = new Set(
  "_id user userId db roles mechanisms customData authenticationRestrictions credentials".split(" "),
);

/** A server may give users what rekey does not know; a pair that differs in it would not be one. */
function checkFields(first: UserInfo, alternate: UserInfo | undefined): void {
  for (const [field, value] of Object.entries(first)) {
    if (known.has(field) || field.startsWith("inherited")) continue;
    if (!isDeepStrictEqual(value, Reflect.get(alternate ?? {}, field)))
      throw unsupported(first.user, field.slice(0, 40));
  }
}

/**
 * The commands that give `next` its password and the alternate user exactly the roles, restrictions, mechanisms and
 * `customData` of the first one: in one command where it is the alternate's turn, so that what was revoked from the first is
 * gone here too. The mark in `customData` records the pair; a user that the function's owner granted is not marked. Errors:
 * those of `syncPair` that come before anything is changed.
 */
export async function planPair(
  connection: Connection,
  database: string,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<readonly PairCommand[]> {
  const users = await readUsers(connection, database, [pair.first, pair.alternate], call);
  const alternate = users.find(({ user }) => user === pair.alternate);
  const first = checkPair(pair, {
    first: users.find(({ user }) => user === pair.first),
    alternate,
    isOurs: alternate !== undefined && isMarked(alternate, pair),
    next: next.username,
  });
  const mechanisms = mechanismsOf(first);
  checkFields(first, alternate);
  if (alternate === undefined) {
    const { roles, authenticationRestrictions } = rightsOf(first);
    const rights = authenticationRestrictions.length === 0 ? { roles } : { roles, authenticationRestrictions };
    const command = {
      createUser: pair.alternate,
      ...textOf(next),
      ...rights,
      ...missingData(first, undefined, pair),
      ...mechanisms,
      ...durably,
    };
    return [{ operation: "make the pair", command }];
  }
  const rights = missingRights(first, alternate, pair);
  const operation = "bring the pair in step";
  if (next.username === pair.alternate) {
    const command = { updateUser: pair.alternate, ...textOf(next), ...rights, ...mechanisms, ...durably };
    return [{ operation, command }];
  }
  const password = { updateUser: pair.first, ...textOf(next), ...mechanisms, ...durably };
  return [
    ...(isEmpty(rights) ? [] : [{ operation, command: { updateUser: pair.alternate, ...rights, ...durably } }]),
    { operation: "set password", command: password },
  ];
}

/** Gives `next` its password and brings the pair in step, by `planPair`'s commands. Idempotent. Errors: those of the port. */
export async function syncPair(
  connection: Connection,
  database: string,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  for (const { operation, command } of await planPair(connection, database, pair, next, call)) {
    try {
      await connection.run(operation, database, command, call);
    } catch (error) {
      if (!isRekeyError(error) || error.context["serverCode"] !== userAlreadyExists) throw error;
      // Another invocation of this step made it in between.
      await syncPair(connection, database, pair, next, call);
    }
  }
}
