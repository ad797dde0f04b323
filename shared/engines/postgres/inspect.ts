import { escapeLiteral } from "pg";
import type { CallOptions } from "../../ports/call.ts";
import type { ServerFacts } from "../../ports/database-engine.ts";
import { isAtLeast } from "../inspecting.ts";
import type { Connection } from "./connection.ts";
import { isReadOnlyHere } from "./neutral-session.ts";
import { oldestVersions } from "./product.ts";
import { lackOfRights } from "./rights.ts";
import { markOf } from "./sync-pair.ts";

interface ServerRow {
  readonly version: string;
  readonly isReadOnly: boolean;
  readonly lagMs: string | null;
  readonly locksAfter: string | null;
}

interface UserRow {
  readonly name: string;
  readonly mayBeChanged: boolean;
  readonly mark: string | null;
  readonly expiresAtMs: string | null;
}

/**
 * What any session may read, no matter in which style it writes dates and numbers. A user may be changed by the session's user or
 * by the role that it acts as. The extension credcheck is the only lock-out that a session can see.
 */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const [server] = await connection.run<ServerRow>(
    "inspect the server",
    `SELECT current_setting('server_version') AS version,
            ${isReadOnlyHere} AS "isReadOnly",
            CASE WHEN pg_is_in_recovery()
                 THEN (extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000)::bigint END AS "lagMs",
            current_setting('credcheck.max_auth_failure', true) AS "locksAfter"`,
    call,
  );
  const users = await connection.run<UserRow>(
    "inspect the users",
    `SELECT r.rolname AS name, shobj_description(r.oid, 'pg_authid') AS mark,
            CASE WHEN isfinite(r.rolvaliduntil) THEN (extract(epoch FROM r.rolvaliduntil) * 1000)::bigint END AS "expiresAtMs",
            bool_or(${lackOfRights} IS NULL) AS "mayBeChanged"
       FROM pg_roles r, pg_roles me
      WHERE me.rolname IN (session_user, current_user) AND r.rolname IN (${usernames.map(escapeLiteral).join(", ")})
      GROUP BY r.rolname, r.oid, r.rolvaliduntil`,
    call,
  );
  const [first = ""] = usernames;
  return {
    version: `PostgreSQL ${server?.version ?? ""}`,
    isSupported: isAtLeast(server?.version ?? "", oldestVersions.PostgreSQL),
    isReadOnly: server?.isReadOnly ?? false,
    ...(server?.lagMs == null ? {} : { replicaLagMs: Number(server.lagMs) }),
    ...(Number(server?.locksAfter ?? 0) > 0 ? { locksAfterRefusals: Number(server?.locksAfter) } : {}),
    users: new Map(
      users.map(({ name, mayBeChanged, mark, expiresAtMs }) => [
        name,
        {
          mayBeChanged,
          isOurAlternate: mark === markOf(first),
          ...(expiresAtMs === null ? {} : { expiresAt: new Date(Number(expiresAtMs)) }),
        },
      ]),
    ),
  };
}
