import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, digestOfFirst, keepsMark } from "../check-pair.ts";
import type { Connection } from "./connection.ts";
import { changePasswords, type Held, readHeld } from "./credentials.ts";
import { mechanismOf } from "./mechanisms.ts";
import { until } from "./until.ts";
import { changeRights, type Quota, readRights, type Rights } from "./rights.ts";

interface User {
  readonly held: Held;
  readonly rights: Rights;
}

interface PlannedPair {
  readonly first: User;
  readonly next: User | undefined;
  readonly alternate: Rights;
  readonly wanted: Rights;
  /** Whether the alternate is yet to be marked. */
  readonly isNew: boolean;
}

const noRights: Rights = { acls: [], quotas: [] };

/** A quota of a client that nobody is: how an alternate that rekey made is known again. It limits nothing. */
export const markOf = (pair: Pick<UserPair, "first">): Quota => ({
  client: `rekey-alternate-of-${digestOfFirst(pair)}`,
  key: "request_percentage",
  value: 1_000_000,
});

const isMark = (quota: Quota, pair: UserPair): boolean => quota.client === markOf(pair).client;

/** A name with rights and no password is somebody's too, who logs in by a certificate. */
async function readUser(connection: Connection, user: string, call: CallOptions): Promise<User | undefined> {
  const found = { held: await readHeld(connection, user, call), rights: await readRights(connection, user, call) };
  const isThere = found.held.size > 0 || found.rights.acls.length > 0 || found.rights.quotas.length > 0;
  return isThere ? found : undefined;
}

/** Errors: `user-collision`, those of a broker. */
export async function planPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<PlannedPair> {
  const found = { first: await readUser(connection, pair.first, call) };
  const alternate = await readUser(connection, pair.alternate, call);
  const isOurs = alternate?.rights.quotas.some((quota) => isMark(quota, pair)) === true;
  const first = checkPair<User>(pair, { first: found.first, alternate, isOurs, next: next.username });
  const mark = keepsMark(isOurs, pair) ? [markOf(pair)] : [];
  const wanted = { acls: first.rights.acls, quotas: [...mark, ...first.rights.quotas] };
  const isFirst = next.username === pair.first;
  const isNew = !isOurs && !pair.isGranted;
  return { first, next: isFirst ? first : alternate, alternate: alternate?.rights ?? noRights, wanted, isNew };
}

/** Marks the alternate, and waits until the broker shows that: ACLs are shown sooner than a quota. */
async function mark(connection: Connection, pair: UserPair, call: CallOptions): Promise<Rights> {
  await changeRights(connection, pair.alternate, noRights, { acls: [], quotas: [markOf(pair)] }, call);
  let rights = noRights;
  await until(async () => {
    rights = await readRights(connection, pair.alternate, call);
    return rights.quotas.some((quota) => isMark(quota, pair));
  }, call);
  return rights;
}

/**
 * Gives the alternate the first one's ACLs and quotas, and `next` its password for each mechanism that the first one has. The
 * mark comes first, and a password last. Errors: those of `planPair`.
 */
export async function syncPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const planned = await planPair(connection, pair, next, call);
  const held = planned.isNew ? await mark(connection, pair, call) : planned.alternate;
  await changeRights(connection, pair.alternate, held, planned.wanted, call);
  const own = mechanismOf(next);
  const others = [...planned.first.held.keys()].filter((mechanism) => mechanism !== own);
  const passwords: Held = planned.next?.held ?? new Map();
  const ended = [...passwords.keys()].filter((mechanism) => mechanism !== own && !others.includes(mechanism));
  const change = { user: next.username, password: next.password, given: [...others, own], ended };
  await changePasswords(connection, change, passwords, call);
}
