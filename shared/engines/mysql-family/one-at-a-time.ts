import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { explain } from "./explain.ts";
import type { Product } from "./product.ts";

/**
 * Nothing of what `init_connect`, the user's limits or the server's defaults make of a session stays in rekey's: strings as
 * `quoteText` writes them and names as `SHOW` always quotes them, UTF-8 both ways, all rows of an answer, changes that are
 * allowed and commit. A lock that is not free ends long before the function does.
 */
const settings =
  "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', character_set_client = utf8mb4, character_set_results = utf8mb4, " +
  "collation_connection = utf8mb4_general_ci, autocommit = 1, completion_type = 0, sql_select_limit = DEFAULT, " +
  "sql_big_selects = 1, sql_quote_show_create = 1, time_zone = '+00:00', wait_timeout = 60, lock_wait_timeout = 5, " +
  "innodb_lock_wait_timeout = 5";

/** ProxySQL answers this very text itself, with its own name. */
const askWhoAnswers = "select @@version_comment limit 1";

/** A proxy with a list of passwords of its own would refuse the new one, and the server the old one. */
async function refuseOwnList(connection: Connection, call: CallOptions): Promise<void> {
  const [row] = await connection.run<object>("read server", askWhoAnswers, call);
  if (!Object.values(row ?? {}).some((said) => String(said).includes("ProxySQL"))) return;
  throw new RekeyError("pooler-keeps-password", {
    context: { operation: "read server", proxy: "ProxySQL" },
    hint: "ProxySQL keeps the passwords in its table mysql_users; name the server itself in the secret, and let what rotates update that table",
  });
}

/** What every statement that `quoteText` is part of needs. */
export async function setUpSession(connection: Connection, product: Product, call: CallOptions): Promise<void> {
  await connection.run("set up session", `${settings}, ${product.settings}`, call);
  if (product.activateRoles !== undefined) await connection.run("activate roles", product.activateRoles, call);
}

/**
 * Runs `work` while it holds rekey's lock on this server; `work` is given the product's facts. Statements about accounts
 * commit by themselves, so two rotations of one user would otherwise see each other half done. Errors: `database-locked`,
 * `pooler-keeps-password`.
 */
export async function oneAtATime<Facts>(
  connection: Connection,
  product: Product,
  call: CallOptions,
  work: (facts: Partial<Facts>) => Promise<void>,
): Promise<void> {
  await refuseOwnList(connection, call);
  await setUpSession(connection, product, call);
  const [row] = await connection.run<{ held: number | null }>("lock", "SELECT GET_LOCK('rekey', 5) AS held", call);
  if (row?.held !== 1) throw new RekeyError("database-locked", { context: { operation: "lock" } });
  try {
    const asked = `SELECT @@sql_log_bin AS logged, ${product.facts}`;
    const [facts] = await connection.run<Partial<Facts> & { logged?: number }>("read settings", asked, call);
    // A change that is not written to the binary log would never reach the replicas.
    if (facts?.logged === 0) await connection.run("log changes", "SET SESSION sql_log_bin = 1", call);
    await work(facts ?? {});
  } catch (error) {
    throw await explain(connection, product, error, call);
  } finally {
    await connection.run("unlock", "DO RELEASE_LOCK('rekey')", call).catch(() => undefined);
  }
}
