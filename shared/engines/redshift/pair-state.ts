import { escapeLiteral } from "pg";
import type { CallOptions } from "../../ports/call.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import type { Connection } from "../postgres/connection.ts";

export interface UserRow {
  readonly name: string;
  readonly superuser: boolean;
  /** `UNLIMITED` or a number. */
  readonly connlimit: string;
  readonly settings: readonly string[] | null;
  readonly createdb: boolean;
  /** As a literal, `infinity` also for a user without an expiry. */
  readonly validuntil: string;
}

/** Properties of users that PostgreSQL does not know. */
interface UserProperties {
  readonly name: string;
  /** `RESTRICTED` or `UNRESTRICTED`. */
  readonly syslog: string;
  /** Seconds; 0 where none was set. */
  readonly timeout: number | string | null;
  /** The user's name at an identity provider. */
  readonly external: string | null;
}

interface Membership {
  readonly member: string;
  readonly name: string;
}

export interface PairState {
  readonly users: readonly UserRow[];
  readonly properties: readonly UserProperties[];
  readonly groups: readonly Membership[];
  readonly roles: readonly Membership[];
  readonly markExists: boolean;
}

/** Of whoever is in it, rekey made the alternate user for the first one. It has no rights. */
export const markGroup = (first: string): string => `rekey_alternate_of_${first}`;

/** Names in lower case throughout: Redshift folds quoted aliases too. */
export async function readPair(connection: Connection, pair: UserPair, call: CallOptions): Promise<PairState> {
  const names = `(${escapeLiteral(pair.first)}, ${escapeLiteral(pair.alternate)})`;
  const users = await connection.run<UserRow>(
    "read users",
    `SELECT usename AS name, usesuper AS superuser, useconnlimit AS connlimit, useconfig AS settings,
            usecreatedb AS createdb, coalesce(valuntil::timestamp::text, 'infinity') AS validuntil
       FROM pg_user_info WHERE usename IN ${names}`,
    call,
  );
  const properties = await connection.run<UserProperties>(
    "read user properties",
    `SELECT user_name AS name, syslog_access AS syslog, session_timeout AS timeout, external_id AS external
       FROM svv_user_info WHERE user_name IN ${names}`,
    call,
  );
  const groups = await connection.run<Membership>(
    "read groups",
    `SELECT u.usename AS member, g.groname AS name
       FROM pg_user u, pg_group g WHERE u.usesysid = ANY (g.grolist) AND u.usename IN ${names}`,
    call,
  );
  const roles = await connection.run<Membership>(
    "read roles",
    `SELECT user_name AS member, role_name AS name FROM svv_user_grants WHERE user_name IN ${names}`,
    call,
  );
  const marks = await connection.run(
    "read mark",
    `SELECT groname AS name FROM pg_group WHERE groname = ${escapeLiteral(markGroup(pair.first))}`,
    call,
  );
  return { users, properties, groups, roles, markExists: marks.length > 0 };
}

/** A grantee as an access list names it. */
const grantee = (name: string): string => (/^[A-Za-z0-9_]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

interface OwnRight {
  readonly kind: string;
  readonly name: string;
  readonly member: string;
  readonly property: "ownership" | "grants";
}

/**
 * Something in this database that one of the two owns or was granted by name, or `undefined`. The other user would not
 * have it: a Redshift user cannot be a member of another one.
 */
export async function ownRight(
  connection: Connection,
  pair: UserPair,
  call: CallOptions,
): Promise<OwnRight | undefined> {
  const [first, alternate] = [escapeLiteral(pair.first), escapeLiteral(pair.alternate)];
  const entry = (name: string): string => escapeLiteral(`,${grantee(name)}=`);
  const [found] = await connection.run<OwnRight>(
    "look for rights of their own",
    `SELECT o.kind AS kind, o.name AS name, u.usename AS member,
            CASE WHEN o.owner = u.usesysid THEN 'ownership' ELSE 'grants' END AS property FROM pg_user u, (
       SELECT 'relation' AS kind, relname AS name, relowner AS owner, array_to_string(relacl, ',') AS acl FROM pg_class
       UNION ALL SELECT 'schema', nspname, nspowner, array_to_string(nspacl, ',') FROM pg_namespace
       UNION ALL SELECT 'database', datname, datdba, array_to_string(datacl, ',') FROM pg_database
       UNION ALL SELECT 'default privileges', 'of new objects', NULL, array_to_string(defaclacl, ',') FROM pg_default_acl
       UNION ALL SELECT 'function', proname, proowner, array_to_string(proacl, ',') FROM pg_proc
     ) o
     WHERE u.usename IN (${first}, ${alternate})
       AND (o.owner = u.usesysid OR strpos(',' || coalesce(o.acl, ''),
              CASE WHEN u.usename = ${first} THEN ${entry(pair.first)} ELSE ${entry(pair.alternate)} END) > 0)
     LIMIT 1`,
    call,
  );
  return found;
}
