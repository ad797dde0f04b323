import { escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { maxScramIterations, minScramIterations } from "../connecting/limits.ts";
import type { Connection } from "./connection.ts";
import { type Lack, lackOfRights } from "./rights.ts";

/** Attributes of a role that are on or off, by their words in CREATE ROLE. */
export type Attributes = Readonly<Record<"INHERIT" | "CREATEDB" | "CREATEROLE" | "REPLICATION" | "BYPASSRLS", boolean>>;

/** What the session itself is. */
export interface SessionFacts {
  /** `server_version_num`. */
  readonly version: number;
  readonly iterations: number;
  /** `password_encryption`. */
  readonly defaultHash: string;
  readonly seesHashes: boolean;
  readonly seesHostRules: boolean;
  readonly isSuperuser: boolean;
  readonly mayMakeRoles: boolean;
  readonly attributes: Attributes;
}

export interface Account {
  readonly isSuperuser: boolean;
  readonly mayLogIn: boolean;
  readonly attributes: Attributes;
  readonly connectionLimit: number;
  /** As a literal that every DateStyle reads alike; `infinity` also for a role without an expiry. */
  readonly validUntil: string;
  /** A login of an expired role is refused in the words of a wrong password, so only a session that is in can tell. */
  readonly isExpired: boolean;
  /** The role's comment. */
  readonly mark: string | null;
  /** What the session lacks to change it. */
  readonly lacks: Lack | null;
}

export interface Accounts {
  readonly session: SessionFacts;
  /** Those of the roles asked about that exist. */
  readonly byName: ReadonlyMap<string, Account>;
}

interface Row extends Account {
  readonly name: string;
  readonly exists: boolean;
  readonly isReadOnly: boolean;
  readonly session: Omit<SessionFacts, "iterations"> & { readonly iterations: string | null };
}

const attributesOf = (role: string): string =>
  `json_build_object('INHERIT', ${role}.rolinherit, 'CREATEDB', ${role}.rolcreatedb, 'CREATEROLE', ${role}.rolcreaterole,
                     'REPLICATION', ${role}.rolreplication, 'BYPASSRLS', ${role}.rolbypassrls)`;

/** The server's own count (a setting since PostgreSQL 16, 4096 before). */
function boundedIterations(read: string | null): number {
  const iterations = Number(read ?? minScramIterations);
  if (!(iterations >= 1 && iterations <= maxScramIterations)) {
    throw new RekeyError("server-misbehaved", {
      context: { problem: `scram_iterations is not between 1 and ${maxScramIterations}` },
    });
  }
  return Math.max(Math.trunc(iterations), minScramIterations);
}

/**
 * What a change of these roles must know. Errors: `database-read-only`; `server-misbehaved` for an iteration count that would be
 * computed past every deadline.
 */
export async function readAccounts(
  connection: Connection,
  names: readonly string[],
  call: CallOptions,
): Promise<Accounts> {
  const rows = await connection.run<Row>(
    "read role",
    `SELECT asked.name, r.oid IS NOT NULL AS "exists", current_setting('transaction_read_only')::bool AS "isReadOnly",
            json_build_object(
              'version', current_setting('server_version_num')::int,
              'iterations', current_setting('scram_iterations', true),
              'defaultHash', current_setting('password_encryption'),
              'seesHashes', has_column_privilege('pg_authid', 'rolpassword', 'SELECT'),
              'seesHostRules', has_table_privilege('pg_hba_file_rules', 'SELECT')
                               AND has_function_privilege('pg_hba_file_rules()', 'EXECUTE'),
              'isSuperuser', me.rolsuper, 'mayMakeRoles', me.rolsuper OR me.rolcreaterole,
              'attributes', ${attributesOf("me")}) AS session,
            r.rolsuper AS "isSuperuser", r.rolcanlogin AS "mayLogIn", ${attributesOf("r")} AS attributes,
            r.rolconnlimit AS "connectionLimit",
            CASE WHEN isfinite(r.rolvaliduntil)
                 THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')
                 ELSE coalesce(r.rolvaliduntil, 'infinity')::text END AS "validUntil",
            coalesce(r.rolvaliduntil <= now(), false) AS "isExpired",
            shobj_description(r.oid, 'pg_authid') AS mark, ${lackOfRights} AS lacks
       FROM (VALUES ${names.map((name) => `(${escapeLiteral(name)})`).join(", ")}) AS asked(name)
       JOIN pg_roles me ON me.rolname = current_user LEFT JOIN pg_roles r ON r.rolname = asked.name`,
    call,
  );
  const [any] = rows;
  if (any === undefined) {
    throw new RekeyError("database-failed", { context: { operation: "read role", reason: "no such session user" } });
  }
  if (any.isReadOnly) throw new RekeyError("database-read-only", { context: { operation: "read role" } });
  return {
    session: { ...any.session, iterations: boundedIterations(any.session.iterations) },
    byName: new Map(rows.filter(({ exists }) => exists).map((row) => [row.name, row])),
  };
}
