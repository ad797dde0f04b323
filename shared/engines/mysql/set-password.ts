import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ChangeTerms, Credential } from "../../ports/database-engine.ts";
import { unsupported } from "../mysql-family/account.ts";
import { type Account, quoteAccount, quoteName, quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { covers } from "../mysql-family/grants.ts";
import { nativeHash } from "../mysql-family/password-hashes.ts";
import { adminHint, mayAdminister, readRights, requireAdminRights, type Rights } from "../mysql-family/rights.ts";
import { siblingAccounts } from "../mysql-family/siblings.ts";
import { type MysqlRow, opens, readMysqlAccounts, readOwn } from "./account.ts";
import { checkText } from "./password-policy.ts";
import { type Facts, product } from "./product.ts";
import { cachingSha2Hash } from "./caching-sha2-hash.ts";
import { sha256Hash } from "./sha256-hash.ts";

/** An account whose password is to change, with the plugin that it authenticates by. */
export interface AccountToChange {
  readonly account: Account;
  readonly plugin: string;
  /** What the server stores for it, where this session may read that. */
  readonly row?: MysqlRow;
  /** Only by its own session, and only by the text: it may not change accounts. */
  readonly byText: boolean;
  readonly requiresCurrent: boolean;
}

/** The accounts that a change is made to, and what the session may do. */
export interface AccountsToChange {
  readonly rights: Rights;
  readonly accounts: readonly AccountToChange[];
}

const has = ({ grants }: Rights, right: string): boolean => covers(grants, right, "*.*");

/** Errors: `database-rights-missing` for an account of an administrator's kind. */
export function checkSystemUser(rights: Rights, { user, isSystem }: MysqlRow): void {
  if (!isSystem || has(rights, "SYSTEM_USER")) return;
  throw new RekeyError("database-rights-missing", {
    context: { user, missing: "SYSTEM_USER" },
    hint: "the user has SYSTEM_USER, so only one that has it too may change it: GRANT SYSTEM_USER ON *.* TO <admin>",
  });
}

const leftToAdmin = (user: string): RekeyError =>
  new RekeyError("database-rights-missing", {
    context: { user, problem: "its accounts are left to the admin" },
    hint: adminHint,
  });

/** Errors: `account-unsupported`, `credential-refused` when there is no such user, `database-rights-missing`. */
export async function accountsToChange(
  connection: Connection,
  facts: Facts,
  { username }: Credential,
  terms: ChangeTerms & { readonly opening: readonly Credential[] },
  call: CallOptions,
): Promise<AccountsToChange> {
  const isOwn = connection.account.user === username;
  const rights = await readRights(connection, product, call);
  if (!isOwn) requireAdminRights(rights, username);
  if (isOwn && !mayAdminister(rights) && terms.hasAdmin === true) throw leftToAdmin(username);
  if (!rights.mayReadAccounts) {
    const own = await readOwn(connection, call);
    const requiresCurrent = (own.requiresCurrent ?? (facts.requiresCurrent === 1 ? "Y" : "N")) === "Y";
    return {
      rights,
      accounts: [{ account: own, plugin: own.plugin, byText: !rights.mayChangeAccounts, requiresCurrent }],
    };
  }
  const rows = await readMysqlAccounts(connection, [username], call);
  const accounts = await siblingAccounts(connection, rows, username, terms, async ({ plugin, stored, additional }) => {
    for (const credential of terms.opening)
      for (const one of [stored, additional]) if (await opens(plugin, one, credential, call)) return true;
    return false;
  });
  if (accounts.length > 1 && !rights.mayChangeAccounts) {
    const hint =
      "accounts of this name for other hosts have the same password, which the user may not change: give the secret an admin";
    throw unsupported(username, "sibling accounts", hint, { accounts: accounts.length });
  }
  for (const row of accounts) if (!isOwn) checkSystemUser(rights, row);
  return {
    rights,
    accounts: accounts.map((row) => ({
      account: row,
      plugin: row.plugin,
      row,
      byText: !rights.mayChangeAccounts,
      requiresCurrent: (row.requiresCurrent ?? (facts.requiresCurrent === 1 ? "Y" : "N")) === "Y",
    })),
  };
}

/** 5000 before MySQL 8.0.24, where it became a setting. */
async function digestRounds(connection: Connection, call: CallOptions): Promise<number> {
  const [row] = await connection.run<{ Value: string }>(
    "read digest rounds",
    "SHOW GLOBAL VARIABLES LIKE 'caching_sha2_password_digest_rounds'",
    call,
  );
  return Number(row?.Value ?? "5000");
}

const hashed = new Set(["caching_sha2_password", "mysql_native_password", "sha256_password"]);

/** Errors: `account-unsupported` when another service keeps the account's password. */
export function checkPlugin(user: string, plugin: string): void {
  if (hashed.has(plugin)) return;
  const hint =
    "the account authenticates by a plugin that takes no password from rekey: give it caching_sha2_password or mysql_native_password";
  throw unsupported(user, "authentication plugin", hint, { plugin });
}

/** What the server is to store. Errors: `account-unsupported`. */
export async function storedForm(
  connection: Connection,
  plugin: string,
  { username, password }: Credential,
  call: CallOptions,
): Promise<string> {
  checkPlugin(username, plugin);
  if (plugin === "mysql_native_password") return nativeHash(password);
  if (plugin === "sha256_password") return sha256Hash(password, call.signal);
  return cachingSha2Hash(password, await digestRounds(connection, call), undefined, call.signal);
}

/** How a password is set: which one the account has now, and whether that one stays beside the new one. */
export interface Manner {
  /** The primary password, for a user that must name it. */
  readonly current?: Credential | undefined;
  readonly retains?: boolean;
}

/**
 * Sets the primary password by its hash. A user without the right to change accounts may only set its own, and only by
 * the text: that is sent over verified TLS, and the server writes `<secret>` for it in its logs. Errors: `tls-refused`,
 * `account-unsupported`.
 */
export async function setStoredPassword(
  connection: Connection,
  { account, plugin, byText, requiresCurrent }: AccountToChange,
  credential: Credential,
  { current, retains = false }: Manner,
  call: CallOptions,
): Promise<void> {
  const alter = `ALTER USER ${quoteAccount(account)} IDENTIFIED`;
  const tail = retains ? " RETAIN CURRENT PASSWORD" : "";
  if (!byText) {
    const hash = quoteText(await storedForm(connection, plugin, credential, call));
    await connection.change("set password", `${alter} WITH ${quoteName(plugin)} AS ${hash}${tail}`, call);
    return;
  }
  checkPlugin(account.user, plugin);
  if (!connection.isVerified) {
    throw new RekeyError("tls-refused", {
      context: { operation: "set password", reason: "the server takes it from this user only in clear" },
      hint: "verify the server's certificate, or give the user's secret an admin",
    });
  }
  const replaced = requiresCurrent && current !== undefined ? ` REPLACE ${quoteText(current.password.reveal())}` : "";
  const sql = `${alter} BY ${quoteText(credential.password.reveal())}${replaced}${tail}`;
  await connection.change("set password", sql, call, async () => checkText(connection, credential, call));
}

/** Makes a second password that was kept beside the primary one stop. Idempotent. */
export async function discardOld(
  connection: Connection,
  { account }: AccountToChange,
  call: CallOptions,
): Promise<void> {
  await connection.change("discard old password", `ALTER USER ${quoteAccount(account)} DISCARD OLD PASSWORD`, call);
}

/** Whether the session may keep two passwords for the account, and so end one. */
export const mayKeepTwo = ({ rights }: AccountsToChange): boolean =>
  rights.mayChangeAccounts || has(rights, "APPLICATION_PASSWORD_ADMIN");
