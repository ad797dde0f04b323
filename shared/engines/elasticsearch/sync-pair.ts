import { isDeepStrictEqual } from "node:util";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, digestOfFirst, keepsMark } from "../check-pair.ts";
import { type Account, isTable, type Metadata, type Properties, readAccounts, segment } from "./account.ts";
import { type Change, type SecurityApi, securityPath } from "./security-api.ts";
import { passwordChange, passwordHash } from "./set-password.ts";

/** The member of the metadata of an alternate that rekey made. */
const mark = "rekey_alternate_of";

export const isMarked = ({ metadata }: Account, pair: Pick<UserPair, "first">): boolean =>
  metadata[mark] === digestOfFirst(pair);

/** What the alternate must have: everything of the first, and the mark where rekey made it. */
function wantedProperties(first: Account, isOurs: boolean, pair: UserPair): Properties {
  const { user: _user, ...properties } = first;
  if (!keepsMark(isOurs, pair)) return properties;
  return { ...properties, metadata: { ...first.metadata, [mark]: digestOfFirst(pair) } };
}

/** Without members that are null: the API cannot take a member off a user that keeps its password, so it is set to null. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (!isTable(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([name, inner]) => [name, told(inner)]));
}

const roleSet = ({ roles, ...rest }: Properties): unknown => told({ ...rest, roles: roles.toSorted() });

function isInStep(alternate: Account, wanted: Properties): boolean {
  const { user: _user, ...held } = alternate;
  return isDeepStrictEqual(roleSet(held), roleSet(wanted));
}

/** The metadata which, merged into what the user has, is what it must be. */
function merged(held: Metadata, wanted: Metadata): Metadata {
  const gone = Object.keys(held).filter((name) => !Object.hasOwn(wanted, name));
  const kept = Object.entries(wanted).map(([name, value]) => {
    const before = held[name];
    return [name, isTable(value) && isTable(before) ? merged(before, value) : value] as const;
  });
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...kept]);
}

const userChange = (operation: Change["operation"], user: string, json: object): Change => ({
  operation,
  method: "PUT",
  path: `${securityPath}/user/${segment(user)}`,
  json,
});

/**
 * The search for both does not see a user that was made a moment ago; a single name is looked up as it is. Where neither finds
 * the alternate, there is none.
 */
async function readPair(api: SecurityApi, pair: UserPair, call: CallOptions): Promise<ReadonlyMap<string, Account>> {
  const both = await readAccounts(api, [pair.first, pair.alternate], call);
  if (both.has(pair.alternate)) return both;
  return new Map([...both, ...(await readAccounts(api, [pair.alternate], call))]);
}

/**
 * The changes that give `next` its password and the alternate exactly the roles, full name, email and metadata of the first.
 * Errors: `user-collision`, `account-unsupported`, before anything is changed.
 */
export async function planPair(
  api: SecurityApi,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<readonly Change[]> {
  const found = await readPair(api, pair, call);
  const alternate = found.get(pair.alternate);
  const isOurs = alternate !== undefined && isMarked(alternate, pair);
  const first = checkPair(pair, {
    first: found.get(pair.first),
    alternate,
    isOurs,
    next: next.username,
  });
  const wanted = wantedProperties(first, isOurs, pair);
  const hash = await passwordHash(next.password);
  const own = passwordChange(next.username, hash);
  if (alternate === undefined) return [userChange("make the pair", pair.alternate, { ...wanted, password_hash: hash })];
  if (isInStep(alternate, wanted)) return [own];
  // With a hash the user is replaced as a whole.
  if (next.username === pair.alternate) {
    return [userChange("set password", pair.alternate, { ...wanted, password_hash: hash })];
  }
  const metadata = merged(alternate.metadata, wanted.metadata);
  return [userChange("bring the pair in step", pair.alternate, { ...wanted, metadata }), own];
}
