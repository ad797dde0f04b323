import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ChangeTerms, Credential } from "../../ports/database-engine.ts";
import { unsupported } from "../mysql-family/account.ts";
import { isSame, quoteAccount, quoteName, quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { requireAdminRights } from "../mysql-family/rights.ts";
import { siblingAccounts } from "../mysql-family/siblings.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import { type Alternative, type MariadbAccount, readMariadbAccounts, readOwn } from "./account.ts";
import {
  checkText,
  explainRefused,
  type Form,
  formFor,
  hasPassword,
  refuseReuse,
  storedForm,
  written,
} from "./password-form.ts";
import type { Facts } from "./product.ts";
import { rightsInForce } from "./rights.ts";

/** Ways of authentication that keep no password on the server. */
const withoutPassword = new Set(["unix_socket", "pam", "gssapi", "named_pipe", "auth_socket"]);

/** `IDENTIFIED VIA mysql_native_password USING 'invalid'` and its like let nobody in. */
const isLive = ({ plugin, stored }: Alternative): boolean =>
  hasPassword(plugin) && (stored === "" || /^\*[0-9A-F]{40}$/i.test(stored) || /^[A-Za-z0-9+/]{43}$/.test(stored));

/**
 * `IDENTIFIED VIA …` with every alternative of the account in its order, where each plugin that has a password has these,
 * and no other. Errors: `account-unsupported`.
 */
export function identifiedVia(
  { user, alternatives }: MariadbAccount,
  credentials: readonly Credential[],
  form: Form,
): string {
  const done = new Set<string>();
  const ways = alternatives.flatMap((way) => {
    const { plugin, stored } = way;
    if (isLive(way)) {
      if (done.has(plugin)) return [];
      done.add(plugin);
      return credentials.map((credential) => `${quoteName(plugin)} USING ${written(plugin, credential, form)}`);
    }
    if (!hasPassword(plugin) && !withoutPassword.has(plugin) && stored !== "") throw otherPlugin(user, plugin);
    return [`${quoteName(plugin)}${stored === "" ? "" : ` USING ${quoteText(stored)}`}`];
  });
  if (done.size === 0) throw otherPlugin(user, alternatives.map(({ plugin }) => plugin).join(" OR "));
  return `IDENTIFIED VIA ${ways.join(" OR ")}`;
}

const otherPlugin = (user: string, plugin: string): RekeyError =>
  unsupported(
    user,
    "authentication plugin",
    "the account authenticates by a plugin that takes no password from rekey: give it mysql_native_password or ed25519",
    { plugin },
  );

/** Whether `SET PASSWORD` changes the account's only password: it takes the first plugin that can have one. */
export function mayChangeItself({ alternatives }: MariadbAccount): boolean {
  const [first, ...others] = alternatives.filter(({ plugin }) => hasPassword(plugin));
  return first !== undefined && isLive(first) && !others.some(isLive);
}

/** Accounts to change, and whether only the session itself may, by `SET PASSWORD`. */
interface AccountsToChange {
  readonly accounts: readonly MariadbAccount[];
  readonly byItself: boolean;
}

/** Errors: `account-unsupported`, `credential-refused` when there is no such user, `database-rights-missing`. */
async function accountsToChange(
  connection: Connection,
  facts: Facts,
  { username }: Credential,
  opening: readonly Credential[],
  terms: ChangeTerms,
  call: CallOptions,
): Promise<AccountsToChange> {
  const isOwn = connection.account.user === username;
  const rights = await rightsInForce(connection, facts, !isOwn, call);
  if (!isOwn) requireAdminRights(rights, username);
  if (!rights.mayReadAccounts) {
    if (terms.hasAdmin === true) throw cannotSee(username);
    return { accounts: [await readOwn(connection, call)], byItself: !rights.mayChangeAccounts };
  }
  const rows = await readMariadbAccounts(connection, [username], call);
  const accounts = await siblingAccounts(connection, rows, username, terms, async ({ alternatives }) =>
    alternatives.some(({ plugin, stored }) =>
      opening.some((credential) => hasPassword(plugin) && storedForm(plugin, credential) === stored),
    ),
  );
  if (rights.mayChangeAccounts) return { accounts, byItself: false };
  if (terms.hasAdmin === true) throw cannotSee(username);
  if (accounts.length > 1) throw seenSiblings(username);
  return { accounts, byItself: accounts.every((account) => isSame(account, connection.account)) };
}

const cannotSee = (user: string): RekeyError =>
  new RekeyError("database-rights-missing", { context: { user, problem: "its accounts are left to the admin" } });

const seenSiblings = (user: string): RekeyError =>
  unsupported(
    user,
    "sibling accounts",
    "accounts of this name for other hosts have the same password, which the user may not change: give the secret an admin",
  );

/** What each password change needs to know. */
export interface Change {
  readonly facts: Facts;
  /** In the order of `IDENTIFIED VIA … OR …`. */
  readonly credentials: readonly [Credential, ...Credential[]];
  readonly terms: ChangeTerms;
}

async function setOwn(connection: Connection, account: MariadbAccount, change: Change, form: Form, call: CallOptions) {
  if (change.credentials.length > 1 || !mayChangeItself(account)) throw severalPasswords(account.user);
  const [credential] = change.credentials;
  const changed = account.alternatives.find(({ plugin }) => hasPassword(plugin))?.plugin ?? "";
  const sql = `SET PASSWORD = ${written(changed, credential, form)}`;
  const foretell = async (): Promise<void> =>
    form === "text" ? checkText(connection, change.facts, credential, call) : undefined;
  try {
    await connection.change("set password", sql, call, foretell);
  } catch (error) {
    // Said of an account whose first plugin has no password, although the password was changed.
    if (errorNumber(error) !== 1699) throw error;
    const { alternatives } = await readOwn(connection, call);
    if (!alternatives.some(({ stored }) => stored === storedForm(changed, credential))) throw error;
  }
}

/**
 * Makes exactly these the passwords of the user, in every account of its name that the current one opens. Idempotent.
 * Errors: `account-unsupported`, `database-rights-missing`, `tls-refused`.
 */
export async function changePasswords(connection: Connection, change: Change, call: CallOptions): Promise<void> {
  const { facts, credentials, terms } = change;
  const [first] = credentials;
  const { current } = terms;
  const opening = [...(current === undefined ? [] : [current]), ...credentials];
  const { accounts, byItself } = await accountsToChange(connection, facts, first, opening, terms, call);
  const form = formFor(connection, facts, first.username, byItself);
  if (credentials.length > 1) refuseReuse(facts, form, first.username);
  const statements = accounts.map((account) => ({ account, via: identifiedVia(account, credentials, form) }));
  try {
    for (const { account, via } of statements) {
      if (byItself) {
        await setOwn(connection, account, change, form, call);
        continue;
      }
      const foretell = async (): Promise<void> => {
        for (const credential of form === "text" ? credentials : [])
          await checkText(connection, facts, credential, call);
      };
      await connection.change("set password", `ALTER USER ${quoteAccount(account)} ${via}`, call, foretell);
    }
  } catch (error) {
    throw explainRefused(error, form, facts, first.username);
  }
}

const severalPasswords = (user: string): RekeyError =>
  new RekeyError("database-rights-missing", {
    context: { user, problem: "it may not change several passwords at once, nor keep two" },
    hint: "the account has or is to have several passwords, which only an admin may change: give the secret an admin",
  });
