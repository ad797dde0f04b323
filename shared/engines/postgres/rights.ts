import { RekeyError } from "../../errors/rekey-error.ts";

/** What a session lacks to change a role. */
export type Lack = "superuser" | "rds_password" | "replication" | "createrole" | "admin option";

/**
 * SQL: what the role in `me` lacks to change the password of the one in `r`, a `Lack`, or NULL. A role may change its own
 * password, unless RDS's `rds.restrict_password_commands` reserves that for members of `rds_password`, or before PostgreSQL
 * 16 the role has REPLICATION; another's needs a superuser, or CREATEROLE and since PostgreSQL 16 the ADMIN OPTION on it.
 */
export const lackOfRights = `CASE WHEN me.rolsuper THEN NULL
            WHEN r.rolsuper THEN 'superuser'
            WHEN coalesce(current_setting('rds.restrict_password_commands', true), 'off') = 'on'
                 AND NOT coalesce((SELECT pg_has_role(me.oid, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'rds_password'), false)
            THEN 'rds_password'
            WHEN r.rolreplication AND current_setting('server_version_num')::int < 160000 THEN 'replication'
            WHEN r.oid = me.oid THEN NULL
            WHEN NOT me.rolcreaterole THEN 'createrole'
            WHEN current_setting('server_version_num')::int >= 160000
                 AND NOT pg_has_role(me.oid, r.oid, 'MEMBER WITH ADMIN OPTION') THEN 'admin option' END`;

const hints: Readonly<Record<Lack, string>> = {
  superuser:
    "only a superuser may change a superuser: give the service a user without SUPERUSER, or the secret such an admin",
  rds_password:
    "rds.restrict_password_commands is on: GRANT rds_password TO <user>, or give the secret an admin that has rds_password",
  replication:
    "before PostgreSQL 16 only a superuser may change a user with REPLICATION: give the secret a superuser as its admin",
  createrole: "the session's user must be allowed to change other users: ALTER ROLE <admin> CREATEROLE",
  "admin option": "GRANT <user> TO <admin> WITH ADMIN OPTION",
};

/** A lack of which rekey knows nothing is told of without the server's word for it. */
export const rightsMissing = (user: string, lack: Lack): RekeyError =>
  Object.hasOwn(hints, lack)
    ? new RekeyError("database-rights-missing", { context: { user, lacks: lack }, hint: hints[lack] })
    : new RekeyError("database-rights-missing", { context: { user } });
