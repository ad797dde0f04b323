import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { changeable, readAccount, requireRollover } from "./account.ts";
import type { Connection } from "./connection.ts";
import { exactName, quoteName, quotePassword } from "./names.ts";

/** The user itself changes its password in a message of the login, encrypted; an admin can only name it in a statement. */
async function put(connection: Connection, name: string, password: SecretValue, call: CallOptions): Promise<void> {
  if (name === connection.user) return connection.changePassword(password, call);
  const sql = `ALTER USER ${quoteName(name)} IDENTIFIED BY ${quotePassword(name, password)}`;
  await connection.change("set password", sql, call, true);
}

/** Makes the password that was set last the only one. */
async function endRollover(connection: Connection, name: string, call: CallOptions): Promise<void> {
  const account = await readAccount(connection, name, call);
  if (account?.isInRollover !== true) return;
  await connection.change("end rollover", `ALTER USER ${quoteName(name)} EXPIRE PASSWORD ROLLOVER PERIOD`, call);
}

/** Makes this the only password of the user, also where its profile would let the one before log in for a while. */
export async function setOnly(
  connection: Connection,
  { username, password }: Credential,
  call: CallOptions,
): Promise<void> {
  const name = exactName(username);
  await changeable(connection, name, call);
  await put(connection, name, password, call);
  await endRollover(connection, name, call);
}

/**
 * Makes these two passwords of one user log in. While a rollover is under way, another password takes the place of the one set
 * last, and the first one stays, whichever of the two is the current one: so that one is set, alone, before.
 */
export async function keepBoth(
  connection: Connection,
  { username, password }: Credential,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const name = exactName(username);
  const account = await changeable(connection, name, call);
  requireRollover(name, account);
  if (account.isInRollover) {
    await put(connection, name, password, call);
    await endRollover(connection, name, call);
  }
  await put(connection, name, next.password, call);
}

/** Makes this the only password of the user. `logsIn`: whether it is one already. */
export async function keepOnly(
  connection: Connection,
  credential: Credential,
  logsIn: () => Promise<boolean>,
  call: CallOptions,
): Promise<void> {
  const name = exactName(credential.username);
  const account = await changeable(connection, name, call);
  if (account.isInRollover || !(await logsIn())) await setOnly(connection, credential, call);
}
