import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import { ifReadable } from "./if-readable.ts";
import { isAtLeast } from "../supported-versions.ts";
import type { Product } from "./product.ts";

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
    isSupported: isProduct && isAtLeast(version, product.oldest),
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
