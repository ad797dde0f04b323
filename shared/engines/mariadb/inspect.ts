import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import { type Account, quoteName, quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { setUpSession } from "../mysql-family/one-at-a-time.ts";
import { ifReadable, lockingAfter, readServer } from "../mysql-family/read-server.ts";
import { readUsers } from "../mysql-family/read-users.ts";
import { parseGrants } from "../mysql-family/grants.ts";
import { readGrants } from "../mysql-family/rights.ts";
import { readOwn } from "./account.ts";
import { type Facts, oldestVersions, product } from "./product.ts";
import { rightsInForce } from "./rights.ts";
import { mayChangeItself } from "./set-password.ts";
import { markOf } from "./sync-pair.ts";

/** The default of `max_password_errors`: no lock. */
const never = 4_294_967_295;

/** The mark of the pair as `syncPair` reads it: an account without rights is one whose making was interrupted. */
async function isAlternate(connection: Connection, account: Account, mark: string, call: CallOptions) {
  const lines = await ifReadable(readGrants(connection, account, call).then((grants) => [grants]));
  const [{ objects, roles } = parseGrants([])] = lines;
  if (roles.has(quoteName(mark))) return true;
  if (lines.length === 0 || objects.size > 0 || roles.size > 0) return false;
  const roleRow = `SELECT 1 FROM mysql.user WHERE User = ${quoteText(mark)} AND Host = ''`;
  return (await ifReadable(connection.run("read mark", roleRow, call))).length > 0;
}

/** When the password ends, in seconds since 1970: the account's own lifetime, or the server's. */
async function expiry(connection: Connection, { user, host }: Account, call: CallOptions) {
  const [row] = await ifReadable(
    connection.run<{ changed: string | null; days: string | null; usual: number }>(
      "read expiry",
      `SELECT JSON_VALUE(Priv, '$.password_last_changed') AS changed, JSON_VALUE(Priv, '$.password_lifetime') AS days,
              @@default_password_lifetime AS usual
         FROM mysql.global_priv WHERE User = ${quoteText(user)} AND Host = ${quoteText(host)}`,
      call,
    ),
  );
  if (row === undefined) return undefined;
  const own = Number(row.days ?? -1);
  const days = own < 0 ? row.usual : own;
  return days > 0 && Number(row.changed ?? 0) > 0 ? Number(row.changed) + days * 86_400 : undefined;
}

/** What this session may read of the server and of these users; the rest is left out. */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  await setUpSession(connection, product, call);
  const mark = markOf(usernames[0] ?? "");
  const server = await readServer(connection, product, oldestVersions.MariaDB, call);
  const [lock] = await ifReadable(
    connection.run<{ refusals: number }>("read lock-out", "SELECT @@max_password_errors AS refusals", call),
  );
  const own = await readOwn(connection, call);
  const isAdmin = !usernames.includes(connection.account.user);
  const [facts = {}] = isAdmin ? await connection.run<Facts>("read roles", `SELECT ${product.facts}`, call) : [];
  const rights = await rightsInForce(connection, facts, isAdmin, call);
  const { users, accountsOfFirst } = await readUsers(
    connection,
    {
      rights,
      usernames,
      more: "",
      mayChangeItself: mayChangeItself(own),
      isOurAlternate: async (account) => isAlternate(connection, account, mark, call),
      expiresAt: async (account) => expiry(connection, account, call),
    },
    call,
  );
  const refusals = lock?.refusals ?? never;
  return { ...server, ...lockingAfter(connection, refusals < never ? refusals : undefined), users, accountsOfFirst };
}
