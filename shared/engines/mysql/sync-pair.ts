import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { amount, onlyAccount, settingsOf, unsupported } from "../mysql-family/account.ts";
import { quoteAccount, quoteName, quoteText } from "../mysql-family/names.ts";
import { checkAccounts, lockedByHand } from "../mysql-family/check-pair.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { covers } from "../mysql-family/grants.ts";
import { readGrants, readRights, requireAdminRights, type Rights } from "../mysql-family/rights.ts";
import { attributesOf, type MysqlRow, readMysqlAccounts } from "./account.ts";
import { type Facts, product } from "./product.ts";
import { readRoles, type Role, roleChanges } from "./roles.ts";
import { checkPlugin, checkSystemUser, discardOld, setStoredPassword, storedForm } from "./set-password.ts";

/**
 * The first one's attributes and comment, with the pair's record among them. What the alternate has beyond them goes: a
 * member that is null is taken out.
 */
function attributesFor(first: MysqlRow, alternate: MysqlRow | undefined): string {
  const own = attributesOf(first);
  const surplus = Object.keys(alternate === undefined ? {} : attributesOf(alternate)).filter((name) => !(name in own));
  const members = [
    // As its text: a number in it may be larger than ours are.
    first.attributes.trim().slice(1, -1),
    ...surplus.map((name) => `${JSON.stringify(name)}: null`),
    `"rekey": ${JSON.stringify({ alternateOf: first.user })}`,
  ];
  return `{${members.filter((text) => text.trim() !== "").join(", ")}}`;
}

const orDefault = (value: number | null, unit = ""): string => (value === null ? "DEFAULT" : `${amount(value)}${unit}`);

/** Everything of an account that is neither its name, its password nor its rights. */
function propertiesOf(first: MysqlRow, alternate: MysqlRow | undefined): string {
  const { lifetime, reuseDays, history, requiresCurrent, lockAfter, lockDays } = first;
  const reuse = reuseDays === null ? "DEFAULT" : `${amount(reuseDays)} DAY`;
  const expire = lifetime === null ? "DEFAULT" : lifetime === 0 ? "NEVER" : `INTERVAL ${amount(lifetime)} DAY`;
  const current = requiresCurrent === null ? " DEFAULT" : requiresCurrent === "Y" ? "" : " OPTIONAL";
  const locks = [first, alternate].some((row) => row !== undefined && (row.lockAfter !== 0 || row.lockDays !== 0));
  const locking = `FAILED_LOGIN_ATTEMPTS ${amount(lockAfter)} PASSWORD_LOCK_TIME ${lockDays < 0 ? "UNBOUNDED" : amount(lockDays)}`;
  return (
    `${settingsOf(first, alternate)} PASSWORD EXPIRE ${expire} PASSWORD HISTORY ${orDefault(history)} ` +
    `PASSWORD REUSE INTERVAL ${reuse} PASSWORD REQUIRE CURRENT${current} ${locks ? `${locking} ` : ""}` +
    `ATTRIBUTE ${quoteText(attributesFor(first, alternate))}`
  );
}

interface Seen {
  readonly first: MysqlRow;
  readonly found: MysqlRow | undefined;
  readonly roles: readonly string[];
  /** Whether the alternate has rights of its own, beside those that come by the first user. */
  readonly hasOwnRights: boolean;
}

/** Errors: `account-unsupported`, by what cannot be copied. */
function checkCopied(
  pair: UserPair,
  first: MysqlRow,
  found: MysqlRow | undefined,
  roles: readonly Role[],
  facts: Facts,
) {
  checkPlugin(pair.first, first.plugin);
  if (first.hasProxies || found?.hasProxies === true) {
    const hint = "rights to stand for another user (GRANT PROXY) do not come by a role, and are not copied";
    throw unsupported(pair.first, "PROXY", hint);
  }
  if (found?.isLocked === true) {
    throw lockedByHand(pair);
  }
  const resting = roles.filter(({ user, isDefault }) => user === pair.first && !isDefault);
  if (resting.length > 0 && facts.activatesRoles !== 1) {
    const hint =
      "the user has roles that are not in force when it logs in; in the alternate's session they would be, since they come with the first user: ALTER USER … DEFAULT ROLE ALL, or take them away";
    throw unsupported(pair.first, "roles that are not default", hint, { role: resting[0]?.role });
  }
}

async function look(
  connection: Connection,
  { facts, pair, next }: Syncing,
  rights: Rights,
  call: CallOptions,
): Promise<Seen> {
  const rows = await readMysqlAccounts(connection, [pair.first, pair.alternate], call);
  const first = onlyAccount(rows, pair.first);
  const found = onlyAccount(rows, pair.alternate);
  const isOurs = found?.mark === pair.first;
  const known = checkAccounts(pair, { first, alternate: found, isOurs, next: next.username });
  for (const row of [known, ...(found === undefined ? [] : [found])]) checkSystemUser(rights, row);
  const edges = await readRoles(connection, [pair.first, pair.alternate], call);
  checkCopied(pair, known, found, edges, facts);
  const roles = roleChanges(edges, pair, known.host);
  const mayGrantRoles = ["ROLE_ADMIN", "SUPER"].some((right) => covers(rights.grants, right, "*.*"));
  if (roles.length > 1 && !mayGrantRoles && rights.grants.roles.get(quoteAccount(known)) !== true) {
    throw new RekeyError("database-rights-missing", {
      context: { user: pair.first, missing: "ROLE_ADMIN" },
      hint: "the alternate user has the first one as its role: GRANT ROLE_ADMIN ON *.* TO <admin>",
    });
  }
  if (found === undefined) return { first: known, found, roles, hasOwnRights: false };
  const { objects } = await readGrants(connection, found, call);
  return { first: known, found, roles, hasOwnRights: objects.size > 0 };
}

interface Syncing {
  readonly facts: Facts;
  readonly pair: UserPair;
  readonly next: Credential;
}

/**
 * Makes the alternate user where it is missing, brings it in step with the first and gives `next` its password.
 *
 * The first user is granted to the alternate as a default role, beside the roles of its own, so a GRANT or REVOKE on the
 * first holds for both at once and there are no grants to copy. Each statement commits by itself: the account comes with
 * its mark and a password that no one has yet, and gets its rights after, so that any prefix is safe and the next run goes
 * on from it.
 */
export async function syncPair(connection: Connection, syncing: Syncing, call: CallOptions): Promise<void> {
  const { pair, next } = syncing;
  const rights = await readRights(connection, product, call);
  requireAdminRights(rights, pair.first);
  const { first, found, roles, hasOwnRights } = await look(connection, syncing, rights, call);
  const account = { user: pair.alternate, host: first.host };
  const name = quoteAccount(account);
  const run = async (operation: string, sql: string): Promise<void> => connection.change(operation, sql, call);
  const properties = propertiesOf(first, found);
  if (found === undefined) {
    const hash = await storedForm(connection, first.plugin, next, call);
    const identified = `IDENTIFIED WITH ${quoteName(first.plugin)} AS ${quoteText(hash)}`;
    await run("make alternate user", `CREATE USER ${name} ${identified} ${properties}`);
  } else {
    await run("copy settings", `ALTER USER ${name} ${properties}`);
  }
  for (const statement of roles) await run("grant roles", statement);
  // Sessions of a user that is in use have no role in force that they did not log in with.
  if (hasOwnRights && next.username === pair.alternate) {
    await run("take own rights", `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name}`);
  }
  const changed = next.username === pair.first ? first : account;
  const changing = { account: changed, plugin: first.plugin, byText: false, requiresCurrent: false };
  await setStoredPassword(connection, changing, next, {}, call);
  await discardOld(connection, changing, call);
}
