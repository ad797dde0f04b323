import type { CallOptions, UserFacts } from "../../rotation/ports.ts";
import { type Account, onlyAccount, readAccounts } from "./account.ts";
import type { Connection } from "./connection.ts";
import { ifReadable } from "./if-readable.ts";

interface Asked<Row> {
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

const grantOnAccounts = /^GRANT (.+?) ON (?:\*\.\*|`mysql`\.\*) TO /;

/** By CREATE USER, or by UPDATE on the accounts' own tables; rights of the roles in force are among those. */
async function mayChangeAccounts(connection: Connection, call: CallOptions): Promise<boolean> {
  const lines = await connection.run<Record<string, string>>("read own grants", "SHOW GRANTS", call);
  const rights = new Set(
    lines.flatMap((line) => Object.values(line)).flatMap((line) => grantOnAccounts.exec(line)?.[1]?.split(", ") ?? []),
  );
  return ["ALL PRIVILEGES", "CREATE USER", "UPDATE"].some((right) => rights.has(right));
}

/**
 * What this session sees of the users. One that may not read `mysql.user` sees itself, and that it may not change the
 * first one asked about, which is the secret's own. Errors: `account-unsupported` for a name with several accounts.
 */
export async function readUsers<More>(
  connection: Connection,
  { usernames, more, mayChangeItself, isOurAlternate, expiresAt }: Asked<Account & More>,
  call: CallOptions,
): Promise<{ readonly rows: readonly (Account & More)[]; readonly users: ReadonlyMap<string, UserFacts> }> {
  const own = connection.account;
  const mayChange = await mayChangeAccounts(connection, call);
  const rows: readonly (Account & More)[] = await ifReadable(readAccounts<More>(connection, usernames, more, call));
  const users = new Map<string, UserFacts>();
  for (const user of usernames) {
    const isOwn = user === own.user;
    const row = isOwn ? rows.find((each) => each.user === user && each.host === own.host) : onlyAccount(rows, user);
    const account = isOwn ? own : row;
    if (account === undefined) continue;
    const expires = await expiresAt(account);
    users.set(user, {
      mayBeChanged: mayChange || (isOwn && mayChangeItself),
      isOurAlternate: await isOurAlternate(account, row),
      ...(expires == null ? {} : { expiresAt: new Date(expires * 1_000) }),
    });
  }
  const [first] = usernames;
  if (first !== undefined && !users.has(first) && !(await mayReadAccounts(connection, call))) {
    users.set(first, { mayBeChanged: false, isOurAlternate: false });
  }
  return { rows, users };
}

async function mayReadAccounts(connection: Connection, call: CallOptions): Promise<boolean> {
  return (await ifReadable(connection.run("read accounts", "SELECT 1 FROM mysql.user LIMIT 1", call))).length > 0;
}
