import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential } from "../../rotation/ports.ts";
import {
  type Account,
  onlyAccount,
  quoteAccount,
  quoteName,
  quoteText,
  readAccounts,
} from "../mysql-family/account.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { nativeHash } from "../mysql-family/native-hash.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import { cachingSha2Hash } from "./caching-sha2-hash.ts";

/** An account whose password is to change, with the plugin that it authenticates by. */
export interface Changing {
  readonly account: Account;
  readonly plugin: string;
  /** Whether it is the session's own, which it may change without the right to change others. */
  readonly isOwn: boolean;
}

async function ownPlugin(connection: Connection, call: CallOptions): Promise<string> {
  const [row] = await connection.run<Record<string, string>>(
    "read own account",
    "SHOW CREATE USER CURRENT_USER()",
    call,
  );
  return / IDENTIFIED WITH '([^']+)'/.exec(Object.values(row ?? {})[0] ?? "")?.[1] ?? "";
}

/** Errors: `account-unsupported`, `credential-refused` when there is no such user, `database-rights-missing`. */
export async function findChanging(connection: Connection, user: string, call: CallOptions): Promise<Changing> {
  if (connection.account.user === user) {
    return { account: connection.account, plugin: await ownPlugin(connection, call), isOwn: true };
  }
  const row = onlyAccount(await readAccounts(connection, [user], "", call), user);
  if (row === undefined) throw new RekeyError("credential-refused", { context: { user, problem: "no such user" } });
  return { account: row, plugin: row.plugin, isOwn: false };
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

/** What the server is to store. Errors: `account-unsupported` when another service keeps the account's password. */
export async function storedForm(
  connection: Connection,
  plugin: string,
  { username, password }: Credential,
  call: CallOptions,
): Promise<string> {
  if (plugin === "caching_sha2_password") {
    return cachingSha2Hash(password, await digestRounds(connection, call), undefined, call.signal);
  }
  if (plugin === "mysql_native_password") return nativeHash(password);
  throw new RekeyError("account-unsupported", {
    context: { user: username, problem: "it authenticates by a plugin that takes no password from here", plugin },
  });
}

const mayNotChangeAccounts = 1227;

/**
 * Sets the primary password by its hash. A user without the right to change accounts may only set its own, and only by
 * the text: that is sent over verified TLS, and the server writes `<secret>` for it in its logs. Errors: `tls-refused`.
 */
export async function identify(
  connection: Connection,
  { account, plugin, isOwn }: Changing,
  credential: Credential,
  call: CallOptions,
  tail: "" | " RETAIN CURRENT PASSWORD" = "",
): Promise<void> {
  const alter = `ALTER USER ${quoteAccount(account)} IDENTIFIED`;
  const hash = quoteText(await storedForm(connection, plugin, credential, call));
  try {
    await connection.run("set password", `${alter} WITH ${quoteName(plugin)} AS ${hash}${tail}`, call);
    return;
  } catch (error) {
    if (!isOwn || errorNumber(error) !== mayNotChangeAccounts) throw error;
  }
  if (!connection.isVerified) {
    throw new RekeyError("tls-refused", {
      context: { operation: "set password", reason: "the server takes it from this user only in clear" },
      hint: "verify the server's certificate, or give the user's secret an admin",
    });
  }
  await connection.run("set password", `${alter} BY ${quoteText(credential.password.reveal())}${tail}`, call);
}

/** Makes a second password that was kept beside the primary one stop. Idempotent. */
export async function discardOld(connection: Connection, { account }: Changing, call: CallOptions): Promise<void> {
  await connection.run("discard old password", `ALTER USER ${quoteAccount(account)} DISCARD OLD PASSWORD`, call);
}
