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
import { ed25519Hash } from "../mysql-family/ed25519.ts";
import { nativeHash } from "../mysql-family/native-hash.ts";

/** An account whose password is to change. */
export interface Changing {
  readonly account: Account;
  readonly plugin: string;
  /** Whether it is the session's own, with one password: then it may change it without the right to change others. */
  readonly mayChangeItself: boolean;
}

async function ownAccount(connection: Connection, call: CallOptions): Promise<Changing> {
  const [row] = await connection.run<Record<string, string>>(
    "read own account",
    "SHOW CREATE USER CURRENT_USER()",
    call,
  );
  const text = (Object.values(row ?? {})[0] ?? "").replaceAll(/'(?:[^']|'')*'/g, "''");
  const [, plugin = "mysql_native_password", others] = / IDENTIFIED VIA (\w+)(?: USING '')?( OR )?/.exec(text) ?? [];
  // SET PASSWORD would leave the others alone.
  return { account: connection.account, plugin, mayChangeItself: others === undefined };
}

/** Errors: `account-unsupported`, `credential-refused` when there is no such user, `database-rights-missing`. */
export async function findChanging(connection: Connection, user: string, call: CallOptions): Promise<Changing> {
  if (connection.account.user === user) return ownAccount(connection, call);
  const row = onlyAccount(await readAccounts(connection, [user], "", call), user);
  if (row === undefined) throw new RekeyError("credential-refused", { context: { user, problem: "no such user" } });
  return { account: row, plugin: row.plugin, mayChangeItself: false };
}

/** What the server is to store. Errors: `account-unsupported` when the account has no password that the server stores. */
function storedForm(plugin: string, { username, password }: Credential): string {
  if (plugin === "mysql_native_password" || plugin === "") return quoteText(nativeHash(password));
  if (plugin === "ed25519") return quoteText(ed25519Hash(password));
  throw new RekeyError("account-unsupported", {
    context: { user: username, problem: "it authenticates by a plugin that takes no password from here", plugin },
  });
}

/** `IDENTIFIED VIA …`, with one alternative for each credential. */
export function identifiedVia(plugin: string, credentials: readonly Credential[]): string {
  const name = quoteName(plugin === "" ? "mysql_native_password" : plugin);
  const alternatives = credentials.map((credential) => `${name} USING ${storedForm(plugin, credential)}`);
  return `IDENTIFIED VIA ${alternatives.join(" OR ")}`;
}

/** Makes exactly these the passwords of one account. Needs the right to change accounts. Idempotent. */
export async function identify(
  connection: Connection,
  { account, plugin }: Changing,
  credentials: readonly Credential[],
  call: CallOptions,
): Promise<void> {
  const via = identifiedVia(plugin, credentials);
  await connection.run("set password", `ALTER USER ${quoteAccount(account)} ${via}`, call);
}

/** Makes this the only password of its user. Idempotent. */
export async function setPassword(connection: Connection, credential: Credential, call: CallOptions): Promise<void> {
  const changing = await findChanging(connection, credential.username, call);
  if (!changing.mayChangeItself) return identify(connection, changing, [credential], call);
  await connection.run("set password", `SET PASSWORD = ${storedForm(changing.plugin, credential)}`, call);
}
