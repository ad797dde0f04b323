import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts, UserFacts } from "../../ports/database-engine.ts";
import { accountsOf, readAccounts } from "./account.ts";
import { type Account, isSame } from "./names.ts";
import type { Connection } from "./connection.ts";
import { ifReadable } from "./read-server.ts";
import type { Rights } from "./rights.ts";

interface Asked<Row> {
  readonly rights: Rights;
  readonly usernames: readonly string[];
  /** Columns as of `readAccounts`. */
  readonly more: string;
  /** Whether a session without the right to change accounts may change its own password. */
  readonly mayChangeItself: boolean;
  /** `row`: what `mysql.user` says of it, where this session may read that. */
  isOurAlternate(account: Account, row: Row | undefined): Promise<boolean>;
  /** In seconds since 1970. */
  expiresAt(account: Account): Promise<number | null | undefined>;
}

/**
 * What this session sees of the users. One that may not read `mysql.user` sees itself, and that it may not change the
 * first one asked about, which is the secret's own.
 */
export async function readUsers<More>(
  connection: Connection,
  { rights, usernames, more, mayChangeItself, isOurAlternate, expiresAt }: Asked<Account & More>,
  call: CallOptions,
): Promise<{ readonly rows: readonly (Account & More)[] } & Required<Pick<ServerFacts, "accountsOfFirst" | "users">>> {
  const own = connection.account;
  const rows: readonly (Account & More)[] = rights.mayReadAccounts
    ? await ifReadable(readAccounts<More>(connection, usernames, more, call))
    : [];
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const isOwn = user === own.user;
    const all = accountsOf(rows, user);
    const row = isOwn ? all.find((each) => isSame(each, own)) : all[0];
    const account = isOwn ? own : row;
    if (account === undefined) continue;
    const expires = await expiresAt(account);
    users.set(user, {
      mayBeChanged: rights.mayChangeAccounts || (isOwn && mayChangeItself),
      isOurAlternate: await isOurAlternate(account, row),
      ...(expires == null ? {} : { expiresAt: new Date(expires * 1_000) }),
    });
  }
  const [first] = usernames;
  if (first !== undefined && !users.has(first) && !rights.mayReadAccounts) {
    users.set(first, { mayBeChanged: false, isOurAlternate: false });
  }
  const accountsOfFirst = rights.mayReadAccounts ? accountsOf(rows, first ?? "").length : "unseen";
  return { rows, users, accountsOfFirst };
}
