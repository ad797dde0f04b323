import { escapeIdentifier, escapeLiteral } from "pg";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { checkPair, collision } from "../check-pair.ts";
import type { Connection } from "./connection.ts";
import { refuseUnadmitted } from "./host-rules.ts";
import { attributeChanges, readMembership, unsupported } from "./pair-differences.ts";
import { settingChanges } from "./pair-settings.ts";
import { passwordHash, type PasswordHash } from "./password-hash.ts";
import { type Account, type Accounts, readAccounts } from "./account.ts";
import { rightsMissing } from "./rights.ts";
import { checkAccount, chooseHash, writePassword } from "./set-password.ts";

export const markOf = (first: string): string => `rekey alternate of ${first}`;

/** The first user, which is one that may have an alternate, and the alternate, which is this pair's. */
function checkRoles(
  pair: UserPair,
  { session, byName }: Accounts,
  next: string,
): { readonly first: Account; readonly alternate: Account | undefined } {
  const alternate = byName.get(pair.alternate);
  const first = checkPair(pair, {
    first: byName.get(pair.first),
    alternate,
    isOurs: alternate?.mark === markOf(pair.first),
    next,
    excludes: ({ isSuperuser }) => (isSuperuser ? "a superuser cannot be one of a pair" : undefined),
  });
  if (!Number.isInteger(first.connectionLimit)) throw collision(pair, "the first user's connection limit is no number");
  if (!session.mayMakeRoles) throw rightsMissing(pair.alternate, "createrole");
  // The alternate's expiry is the first user's once they are alike.
  checkAccount(pair.first, next === pair.first ? first : { ...first, isExpired: false });
  if (alternate !== undefined) checkAccount(pair.alternate, { ...alternate, isExpired: first.isExpired });
  const closed = [first, alternate].find((role) => role?.mayLogIn === false);
  if (closed !== undefined) {
    throw unsupported(
      pair,
      "NOLOGIN",
      closed === first ? "the first user may not log in" : "the alternate may not log in",
      "ALTER ROLE <user> LOGIN, unless somebody locked it on purpose",
    );
  }
  return { first, alternate };
}

/**
 * Gives `next` its password, makes the alternate user where it is missing, and brings it in step with the first.
 *
 * The alternate user has no right of its own: it is a member of the first user and starts every session as the role that the
 * first acts as, itself or another (`SET role`, which also survives RESET ROLE). So whatever it makes belongs to that role, a
 * GRANT or REVOKE on the first user holds for both at once, and default privileges and row security apply the same. The mark
 * in the role's comment records the pair, so that no other user of that name is ever taken over. Everything is read, and
 * refused, before anything is changed.
 */
export async function syncPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  wanted: PasswordHash | undefined,
  call: CallOptions,
): Promise<void> {
  const accounts = await readAccounts(connection, [pair.first, pair.alternate], call);
  const { session } = accounts;
  const { first, alternate } = checkRoles(pair, accounts, next.username);
  const isMember = await readMembership(connection, pair, call);
  await refuseUnadmitted(connection, pair, session, call);
  const of = next.username === pair.first ? pair.alternate : pair.first;
  const hash = await chooseHash(connection, { wanted, known: passwordHash(pair.own?.passwordHash), of }, session, call);
  const attributes = attributeChanges(pair, first, alternate, session);
  const settings = await settingChanges(connection, pair, session, call);

  const name = escapeIdentifier(pair.alternate);
  const terms = session.version < 160_000 ? "" : " WITH INHERIT TRUE, SET TRUE";
  const statements = [
    ...(alternate === undefined ? [`CREATE ROLE ${name} ${["LOGIN", ...attributes].join(" ")}`] : []),
    ...(alternate === undefined || attributes.length === 0 ? [] : [`ALTER ROLE ${name} ${attributes.join(" ")}`]),
    ...(alternate?.mark === markOf(pair.first)
      ? []
      : [`COMMENT ON ROLE ${name} IS ${escapeLiteral(markOf(pair.first))}`]),
    ...(isMember ? [] : [`GRANT ${escapeIdentifier(pair.first)} TO ${name}${terms}`]),
    ...settings,
  ];
  if (statements.length > 0) await connection.run("make the pair", statements.join("; "), call);
  await writePassword(connection, next, hash, session, call);
}
