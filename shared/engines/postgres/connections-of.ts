import { escapeLiteral } from "pg";
import type { CallOptions } from "../../ports/call.ts";
import type { HeldConnection } from "../../ports/held-connections.ts";
import { defined } from "../../secrets/defined.ts";
import type { Connection } from "./connection.ts";

interface Row {
  readonly application: string | null;
  readonly address: string | null;
  readonly sinceMs: string | null;
}

/**
 * Any session sees everybody's connections and what their programs call themselves, and by the role pg_read_all_stats or of its
 * own user also from where and since when. Source: PostgreSQL's "The Cumulative Statistics System".
 */
export async function connectionsOf(
  connection: Connection,
  username: string,
  call: CallOptions,
): Promise<readonly HeldConnection[]> {
  const rows = await connection.run<Row>(
    "read connections",
    `SELECT nullif(application_name, '') AS application, host(client_addr) AS address,
            (extract(epoch FROM backend_start) * 1000)::bigint AS "sinceMs"
       FROM pg_stat_activity
      WHERE usename = ${escapeLiteral(username)} AND pid <> pg_backend_pid()
        AND (backend_type IS NULL OR backend_type = 'client backend')`,
    call,
  );
  return rows.map(({ application, address, sinceMs }) =>
    defined({
      application: application ?? undefined,
      address: address ?? undefined,
      since: sinceMs === null ? undefined : new Date(Number(sinceMs)),
    }),
  );
}
