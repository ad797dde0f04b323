import { escapeLiteral } from "pg";
import type { CallOptions, ServerFacts } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { markOf } from "./sync-pair.ts";

interface ServerRow {
  readonly version: string;
  readonly number: number;
  readonly isReadOnly: boolean;
  readonly lagMs: number | null;
  readonly locksAfter: string | null;
}

interface UserRow {
  readonly name: string;
  readonly mayBeChanged: boolean;
  readonly mark: string | null;
  readonly expiresAt: Date | null;
}

const oldestSupported = 130_000;

/**
 * What any session may read. A role may change its own password, unless RDS's `rds.restrict_password_commands` reserves
 * that for members of `rds_password`; another's needs a superuser, or CREATEROLE and since PostgreSQL 16 the ADMIN OPTION
 * on it. The extension credcheck is the only lock-out that a session can see.
 */
export async function inspect(
  connection: Connection,
  usernames: readonly string[],
  call: CallOptions,
): Promise<ServerFacts> {
  const [server] = await connection.run<ServerRow>(
    "inspect the server",
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool AS "isReadOnly",
            CASE WHEN pg_is_in_recovery()
                 THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 * 1000 END AS "lagMs",
            current_setting('credcheck.max_auth_failure', true) AS "locksAfter"`,
    call,
  );
  const users = await connection.run<UserRow>(
    "inspect the users",
    `WITH me AS (SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user)
     SELECT r.rolname AS name, shobj_description(r.oid, 'pg_authid') AS mark,
            CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END AS "expiresAt",
            CASE WHEN me.rolsuper THEN true
                 WHEN coalesce(current_setting('rds.restrict_password_commands', true), 'off') = 'on'
                      AND NOT (SELECT bool_or(pg_has_role(oid, 'MEMBER')) FROM pg_roles WHERE rolname = 'rds_password')
                 THEN false
                 WHEN r.rolname = current_user THEN true
                 ELSE me.rolcreaterole AND NOT r.rolsuper
                      AND (current_setting('server_version_num')::int < 160000
                           OR pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION')) END AS "mayBeChanged"
       FROM pg_roles r, me WHERE r.rolname IN (${usernames.map(escapeLiteral).join(", ")})`,
    call,
  );
  const [first = ""] = usernames;
  return {
    version: `PostgreSQL ${server?.version ?? ""}`,
    isSupported: (server?.number ?? 0) >= oldestSupported,
    isReadOnly: server?.isReadOnly ?? false,
    ...(server?.lagMs == null ? {} : { replicaLagMs: server.lagMs }),
    ...(Number(server?.locksAfter ?? 0) > 0 ? { locksAfterRefusals: Number(server?.locksAfter) } : {}),
    users: new Map(
      users.map(({ name, mayBeChanged, mark, expiresAt }) => [
        name,
        {
          mayBeChanged,
          isOurAlternate: mark === markOf(first),
          ...(expiresAt === null ? {} : { expiresAt }),
        },
      ]),
    ),
  };
}
