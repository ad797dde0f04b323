import type { CallOptions, Credential, UserPair } from "../../rotation/ports.ts";
import {
  type AccountRow,
  onlyAccount,
  quoteAccount,
  quoteText,
  readAccounts,
  settingsOf,
} from "../mysql-family/account.ts";
import { checkPair } from "../mysql-family/check-pair.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { discardOld, identify, storedForm } from "./set-password.ts";

type Row = AccountRow & { readonly mark: string | null };

/** The pair, recorded in the account's attributes beside whatever else they hold. */
const markOf = (first: string): string => JSON.stringify({ rekey: { alternateOf: first } });
const mark = ", User_attributes->>'$.metadata.rekey.alternateOf' AS mark";

/**
 * Makes the alternate user where it is missing, brings it in step with the first and gives `next` its password.
 *
 * The first user is granted to the alternate as its only, default role, so a GRANT or REVOKE on the first holds for both
 * at once and there are no grants to copy. Each statement commits by itself: the account comes with its mark and a
 * password that no one has yet, and gets its rights after, so that any prefix is safe and the next run goes on from it.
 */
export async function syncPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<void> {
  const rows = await readAccounts<Pick<Row, "mark">>(connection, [pair.first, pair.alternate], mark, call);
  const first = onlyAccount(rows, pair.first);
  const alternate = onlyAccount(rows, pair.alternate);
  const isOurs = alternate?.mark === pair.first;
  const known = checkPair(pair, { first, alternate, isOurs, next: next.username });

  const account = { user: pair.alternate, host: known.host };
  const [name, role] = [quoteAccount(account), quoteAccount(known)];
  const settings = `${settingsOf(known)} ATTRIBUTE ${quoteText(markOf(pair.first))}`;
  const run = async (operation: string, sql: string): Promise<void> => {
    await connection.run(operation, sql, call);
  };
  if (alternate === undefined) {
    const hash = await storedForm(connection, known.plugin, next, call);
    const identified = `IDENTIFIED WITH ${known.plugin} AS ${quoteText(hash)}`;
    await run("make alternate user", `CREATE USER ${name} ${identified} ${settings}`);
  } else {
    await run("copy settings", `ALTER USER ${name} ${settings}`);
  }
  await run("grant the first user", `GRANT ${role} TO ${name}`);
  await run("set default role", `ALTER USER ${name} DEFAULT ROLE ${role}`);
  const changing =
    next.username === pair.first
      ? { account: known, plugin: known.plugin, isOwn: false }
      : { account, plugin: alternate?.plugin ?? known.plugin, isOwn: false };
  await identify(connection, changing, next, call);
  await discardOld(connection, changing, call);
}
