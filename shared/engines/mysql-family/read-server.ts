import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { isAtLeast } from "../inspecting.ts";
import type { Product } from "./product.ts";
import { errorNumber } from "./translate-error.ts";

/** Denied (a database, a table, a column, a statement), or an unknown column, table, setting or statement. */
const unreadable = new Set([1044, 1054, 1064, 1109, 1142, 1143, 1146, 1193, 1227]);

/** The rows, or none where this session may not read them or this version does not have them. */
export async function ifReadable<Row>(rows: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await rows;
  } catch (error) {
    if (unreadable.has(errorNumber(error) ?? 0)) return [];
    throw error;
  }
}

type Row = Readonly<Record<string, unknown>>;

/** `10.11.6-MariaDB-log` as `10.11.6`. */
const versionIn = (text: string): string => /^\d+(?:\.\d+)+/.exec(text)?.[0] ?? "";

/** One that was stopped may be left over from a server that was promoted. */
const isRunning = (row: Row): boolean =>
  ["Replica_IO_Running", "Replica_SQL_Running", "Slave_IO_Running", "Slave_SQL_Running"].some(
    (thread) => (row[thread] ?? "No") !== "No",
  );

/** Facts that do not depend on a user. A running replica, where visible, counts as read-only: what is changed there, its source does not know. */
export async function readServer(
  connection: Connection,
  product: Product,
  oldest: string,
  call: CallOptions,
): Promise<Omit<ServerFacts, "users">> {
  const settings = product.readOnly.map((setting) => `@@${setting}`).join(", ");
  const [said] = await connection.run<{ version: string }>("read version", "SELECT VERSION() AS version", call);
  const [states = {}] = await ifReadable(connection.run<Row>("read settings", `SELECT ${settings}`, call));
  const replicas = await ifReadable(connection.run<Row>("read replica status", product.replicaStatus, call));
  const running = replicas.filter(isRunning);
  const lags = running
    .map((row) => row["Seconds_Behind_Source"] ?? row["Seconds_Behind_Master"] ?? undefined)
    .filter((seconds) => seconds !== undefined)
    .map((seconds) => Number(seconds) * 1_000);
  const text = said?.version ?? "";
  const version = versionIn(text);
  const isProduct = text.includes("MariaDB") === (product.name === "MariaDB");
  return {
    version: `${text.includes("MariaDB") ? "MariaDB" : "MySQL"} ${version}`,
    isSupported: isProduct && isAtLeast(version, oldest),
    isReadOnly: running.length > 0 || Object.values(states).some((state) => state !== 0 && state !== "OFF"),
    ...(lags.length === 0 ? {} : { replicaLagMs: Math.max(...lags) }),
  };
}

/** Without TLS where the server has it, what is refused once is offered a second time, over TLS: see `logIn`. */
export const lockingAfter = (
  { couldBeEncrypted }: Connection,
  refusals: number | undefined,
): Pick<ServerFacts, "locksAfterRefusals"> =>
  refusals === undefined ? {} : { locksAfterRefusals: couldBeEncrypted ? Math.ceil(refusals / 2) : refusals };
