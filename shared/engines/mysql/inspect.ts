import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import { type Account, quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { setUpSession } from "../mysql-family/one-at-a-time.ts";
import { readRights } from "../mysql-family/rights.ts";
import { ifReadable, lockingAfter, readServer } from "../mysql-family/read-server.ts";
import { readUsers } from "../mysql-family/read-users.ts";
import { oldestVersions, product } from "./product.ts";

interface Row {
  readonly mark: string | null;
  readonly lockAfter: string | null;
  readonly lockDays: string | null;
}

const more =
  ", User_attributes->>'$.metadata.rekey.alternateOf' AS mark" +
  ", User_attributes->>'$.Password_locking.failed_login_attempts' AS lockAfter" +
  ", User_attributes->>'$.Password_locking.password_lock_time_days' AS lockDays";

const own = / FAILED_LOGIN_ATTEMPTS (\d+) PASSWORD_LOCK_TIME (\w+)/;

/** The fewest refusals after which one of the accounts is locked; an account without both settings never is. */
async function lockOut(connection: Connection, usernames: readonly string[], rows: readonly Row[], call: CallOptions) {
  const found = rows.map(({ lockAfter, lockDays }) => [lockAfter, lockDays]);
  if (usernames.includes(connection.account.user)) {
    const [said] = await connection.run<Record<string, string>>("read own", "SHOW CREATE USER CURRENT_USER()", call);
    const [, after = "0", days = "0"] = own.exec(Object.values(said ?? {})[0] ?? "") ?? [];
    found.push([after, days]);
  }
  const limits = found.filter(([after, days]) => Number(after ?? 0) > 0 && (days ?? "0") !== "0");
  return limits.length === 0 ? undefined : Math.min(...limits.map(([after]) => Number(after)));
}

const where = ({ user, host }: Account): string => `User = ${quoteText(user)} AND Host = ${quoteText(host)}`;

/** Every session may read its own account's attributes. */
async function ownMark(connection: Connection, account: Account, call: CallOptions): Promise<string | undefined> {
  const [row] = await ifReadable(
    connection.run<{ mark: string | null }>(
      "read own attribute",
      `SELECT ATTRIBUTE->>'$.rekey.alternateOf' AS mark FROM information_schema.USER_ATTRIBUTES WHERE ${where(account)}`,
      call,
    ),
  );
  return row?.mark ?? undefined;
}

/** When the password ends, in seconds since 1970: the account's own lifetime, or the server's. */
async function expiry(connection: Connection, account: Account, call: CallOptions) {
  const [row] = await ifReadable(
    connection.run<{ changed: number | null; days: number }>(
      "read expiry",
      `SELECT UNIX_TIMESTAMP(password_last_changed) AS changed,
              coalesce(password_lifetime, @@default_password_lifetime) AS days
         FROM mysql.user WHERE ${where(account)}`,
      call,
    ),
  );
  return row !== undefined && row.days > 0 && row.changed !== null ? row.changed + row.days * 86_400 : undefined;
}

/** What this session may read of the server and of these users; the rest is left out. */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  await setUpSession(connection, product, call);
  const server = await readServer(connection, product, oldestVersions.MySQL, call);
  const rights = await readRights(connection, product, call);
  const [first = ""] = usernames;
  const { rows, users, accountsOfFirst } = await readUsers<Row>(
    connection,
    {
      rights,
      usernames,
      more,
      mayChangeItself: true,
      isOurAlternate: async (account, row) => (row?.mark ?? (await ownMark(connection, account, call))) === first,
      expiresAt: async (account) => expiry(connection, account, call),
    },
    call,
  );
  const refusals = await lockOut(connection, usernames, rows, call);
  return { ...server, ...lockingAfter(connection, refusals), users, accountsOfFirst };
}
