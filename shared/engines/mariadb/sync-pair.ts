import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { amount, onlyAccount, settingsOf } from "../mysql-family/account.ts";
import { quoteAccount, quoteName } from "../mysql-family/names.ts";
import { checkAccounts, lockedByHand } from "../mysql-family/check-pair.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { covers, type Grants, grantChanges, notGivable, parseGrants } from "../mysql-family/grants.ts";
import { readGrants, requireAdminRights, type Rights } from "../mysql-family/rights.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import { type MariadbRow, readMariadbAccounts } from "./account.ts";
import { checkText, explainRefused, formFor } from "./password-form.ts";
import type { Facts } from "./product.ts";
import { rightsInForce } from "./rights.ts";
import { identifiedVia } from "./set-password.ts";

/** A role without rights that marks the alternate user: MariaDB keeps no comment on an account. */
export const markOf = (first: string): string => `rekey alternate of ${first}`;

/** The table or routine was dropped and its grants stayed behind: there is nothing to give a right on. */
const isGone = (error: unknown): boolean => [1146, 1305].includes(errorNumber(error) ?? 0);

const without = (grants: Grants, mark: string): Grants => ({
  ...grants,
  roles: new Map([...grants.roles].filter(([role]) => role !== mark)),
});

/** Everything of an account that is neither its name, its ways of authentication nor its rights. */
function propertiesOf(row: MariadbRow, other: MariadbRow | undefined): string {
  const lifetimes = row.lifetime < 0 ? "DEFAULT" : row.lifetime === 0 ? "NEVER" : `INTERVAL ${row.lifetime} DAY`;
  const hasTime = [row, other].some((one) => Number(one?.statementTime ?? 0) !== 0);
  const time = hasTime ? [`MAX_STATEMENT_TIME ${amount(row.statementTime)}`] : [];
  return `${settingsOf(row, other, time)} PASSWORD EXPIRE ${lifetimes}`;
}

/** What is known of a pair once everything was looked at, and nothing changed. */
interface Seen {
  readonly first: MariadbRow;
  readonly found: MariadbRow | undefined;
  readonly mark: string;
  readonly markExists: boolean;
  readonly isMarked: boolean;
  readonly isHalfMade: boolean;
  readonly wanted: Grants;
  readonly held: Grants;
}

async function look(connection: Connection, pair: UserPair, next: Credential, call: CallOptions): Promise<Seen> {
  const mark = markOf(pair.first);
  const rows = await readMariadbAccounts(connection, [pair.first, pair.alternate, mark], call);
  const first = onlyAccount(rows, pair.first);
  const found = onlyAccount(rows, pair.alternate);
  const markExists = rows.some(({ user, host }) => user === mark && host === "");
  const held = found === undefined ? parseGrants([]) : await readGrants(connection, found, call);
  const isMarked = held.roles.has(quoteName(mark));
  const isEmpty = held.objects.size === 0 && held.roles.size === (isMarked ? 1 : 0);
  const isHalfMade = markExists && isEmpty && found?.isLocked === true;
  const known = checkAccounts(pair, { first, alternate: found, isOurs: isMarked || isHalfMade, next: next.username });
  const wanted = await readGrants(connection, known, call);
  if (wanted.roles.has(quoteName(mark))) throw new RekeyError("internal-fault", { context: { name: "mark of first" } });
  if (found?.isLocked === true && !isHalfMade) {
    throw lockedByHand(pair);
  }
  return { first: known, found, mark, markExists, isMarked, isHalfMade, wanted, held: without(held, quoteName(mark)) };
}

/** Errors: `database-rights-missing`, which names what the admin would lack in the middle. */
function checkGivable({ grants }: Rights, { first, found, wanted, held }: Seen): void {
  const missing = [...notGivable(wanted, held, grants)];
  const changesRole = (found?.defaultRole ?? "") !== first.defaultRole;
  if (changesRole && !covers(grants, "UPDATE", "`mysql`.`global_priv`")) missing.push("UPDATE ON mysql.*");
  if (missing.length === 0) return;
  throw new RekeyError("database-rights-missing", {
    context: { user: first.user, operation: "copy grants", missing: missing.slice(0, 5).join(", ") },
    hint: "the admin gives the alternate user what the first one has, and lacks what is missing: GRANT … TO <admin> WITH GRANT OPTION, roles WITH ADMIN OPTION",
  });
}

/**
 * Makes the alternate user where it is missing, brings it in step with the first and gives `next` its password.
 *
 * A user cannot be granted to another on MariaDB, so the alternate's own rights are made the same as the first's by their
 * difference: what was revoked from the first is revoked from the alternate too. Each statement commits by itself: the
 * marking role is made first, and the account comes locked: a locked account without rights is one whose making was
 * interrupted, and nobody else's in use.
 */
export async function syncPair(
  connection: Connection,
  { facts, pair, next }: { readonly facts: Facts; readonly pair: UserPair; readonly next: Credential },
  call: CallOptions,
): Promise<void> {
  const rights = await rightsInForce(connection, facts, true, call);
  requireAdminRights(rights, pair.first);
  const seen = await look(connection, pair, next, call);
  const { first, found } = seen;
  checkGivable(rights, seen);
  const form = formFor(connection, facts, next.username, false);
  const via = identifiedVia(first, [next], form);
  if (form === "text") await checkText(connection, facts, next, call);
  try {
    await bringInStep(connection, pair, seen, via, call);
    // An account that was just made has its password already.
    if (found === undefined) return;
    const changed = next.username === pair.first ? first : found;
    await connection.change("set password", `ALTER USER ${quoteAccount(changed)} ${via}`, call);
  } catch (error) {
    throw explainRefused(error, form, facts, next.username);
  }
}

async function bringInStep(connection: Connection, pair: UserPair, seen: Seen, via: string, call: CallOptions) {
  const { first, found, mark, wanted, held } = seen;
  const name = quoteAccount({ user: pair.alternate, host: first.host });
  const run = async (operation: string, sql: string): Promise<void> => connection.change(operation, sql, call);
  if (!seen.markExists) await run("make marking role", `CREATE ROLE ${quoteName(mark)}`);
  const properties = propertiesOf(first, found);
  if (found === undefined) await run("make alternate user", `CREATE USER ${name} ${via} ${properties} ACCOUNT LOCK`);
  else await run("copy settings", `ALTER USER ${name} ${properties}`);
  if (!seen.isMarked) await run("mark alternate user", `GRANT ${quoteName(mark)} TO ${name}`);
  if (found === undefined || seen.isHalfMade) await run("unlock alternate user", `ALTER USER ${name} ACCOUNT UNLOCK`);
  for (const statement of grantChanges(wanted, held, name)) {
    await run("copy grants", statement).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }
  if ((found?.defaultRole ?? "") !== first.defaultRole) {
    const role = first.defaultRole === "" ? "NONE" : quoteName(first.defaultRole);
    await run("set default role", `SET DEFAULT ROLE ${role} FOR ${name}`);
  }
}
