import { isDeepStrictEqual } from "node:util";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, digestOfFirst, keepsMark } from "../check-pair.ts";
import { bcryptHash } from "../connecting/bcrypt-hash.ts";
import { type Account, type Properties, readAccount, userPath } from "./account.ts";
import { roleChanges } from "./role-mappings.ts";
import type { Change, SecurityApi } from "./security-api.ts";
import { userChange } from "./set-password.ts";

/** The attribute of an alternate that rekey made; its value is this. */
const mark = "rekey_alternate_of";

const isMarked = ({ attributes }: Account, pair: UserPair): boolean => attributes[mark] === digestOfFirst(pair);

/** What the alternate must have: everything of the first, and the mark where rekey made it. */
function wantedProperties(first: Account, isOurs: boolean, pair: UserPair): Properties {
  const { user: _user, ...properties } = first;
  if (!keepsMark(isOurs, pair)) return properties;
  return { ...properties, attributes: { ...first.attributes, [mark]: digestOfFirst(pair) } };
}

/** What of the alternate is not as it must be. A description that the first has no more becomes an empty one. */
function differing(alternate: Account, wanted: Properties): Partial<Properties> {
  const whole = { description: "", ...wanted };
  const held = { description: "", ...alternate };
  return Object.fromEntries(
    Object.entries(whole).filter(([name, value]) => !isDeepStrictEqual(value, Reflect.get(held, name))),
  );
}

/**
 * The changes that give `next` its password and the alternate exactly the backend roles, attributes, roles and role mappings of
 * the first. The rights come first, so that a password that logs in may do what it should. Errors: `user-collision`,
 * `account-unsupported`, before anything is changed.
 */
export async function planPair(
  api: SecurityApi,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<readonly Change[]> {
  const alternate = await readAccount(api, pair.alternate, call);
  const isOurs = alternate !== undefined && isMarked(alternate, pair);
  const first = checkPair(pair, {
    first: await readAccount(api, pair.first, call),
    alternate,
    isOurs,
    next: next.username,
  });
  const wanted = wantedProperties(first, isOurs, pair);
  const mapped = await roleChanges(api, pair, call);
  const hash = (await bcryptHash(next.password)).reveal();
  if (alternate === undefined) {
    const json = { ...wanted, hash };
    return [...mapped, { operation: "make the pair", method: "PUT", path: userPath(pair.alternate), json }];
  }
  const changed = differing(alternate, wanted);
  if (next.username === pair.alternate) {
    return [...mapped, userChange("set password", pair.alternate, { ...changed, hash })];
  }
  const inStep =
    Object.keys(changed).length === 0 ? [] : [userChange("bring the pair in step", pair.alternate, changed)];
  return [...mapped, ...inStep, userChange("set password", pair.first, { hash })];
}
