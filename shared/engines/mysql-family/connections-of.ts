import type { CallOptions } from "../../ports/call.ts";
import type { HeldConnection } from "../../ports/held-connections.ts";
import type { Connection } from "./connection.ts";
import { ifReadable } from "./read-server.ts";

/** `10.0.3.17:51234` without its port. */
const hostIn = (text: string): string => text.replace(/:\d+$/, "");

/**
 * Every connection of a user. Without the right PROCESS a session sees its own user's alone, which are no answer for another.
 * Neither server says when a connection logged in. Source: the PROCESSLIST tables of MySQL and MariaDB.
 */
export async function connectionsOf(
  connection: Connection,
  username: string,
  call: CallOptions,
): Promise<readonly HeldConnection[] | undefined> {
  const rights = await ifReadable(
    connection.run<{ right: string }>(
      "read rights",
      "SELECT PRIVILEGE_TYPE AS `right` FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS'",
      call,
    ),
  );
  if (rights.length === 0 && connection.account.user !== username) return undefined;
  const rows = await connection.run<{ host: string; user: string }>(
    "read connections",
    "SELECT HOST AS host, USER AS user FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()",
    call,
  );
  return rows.filter(({ user }) => user === username).map(({ host }) => ({ address: hostIn(host) }));
}
