import { escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { UserPair } from "../../ports/database-engine.ts";
import type { Connection } from "./connection.ts";
import type { Account, Attributes, SessionFacts } from "./account.ts";

export type Names = Pick<UserPair, "first" | "alternate">;

export const unsupported = (names: Names, property: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("account-unsupported", {
    context: { first: names.first, alternate: names.alternate, property, problem },
    hint,
  });

interface RelationRow {
  readonly isMember: boolean;
  readonly membership: string | null;
  readonly isCircular: boolean | null;
  readonly ownership: string | null;
  readonly label: string | null;
}

/**
 * Whether the alternate is a member of the first that may act as it. Errors: `account-unsupported` for what one of the two has and
 * the other does not, and what no copy makes good: a membership, something that the alternate owns, a security label.
 */
export async function readMembership(connection: Connection, names: Names, call: CallOptions): Promise<boolean> {
  const [row] = await connection.run<RelationRow>(
    "read pair",
    `WITH one AS (SELECT oid FROM pg_roles WHERE rolname = ${escapeLiteral(names.first)}),
          other AS (SELECT oid FROM pg_roles WHERE rolname = ${escapeLiteral(names.alternate)}),
          membership AS (
            SELECT m.member, m.roleid, m.admin_option, to_jsonb(m) - ARRAY['oid', 'member', 'grantor'] AS terms
              FROM pg_auth_members m WHERE m.member IN (SELECT oid FROM one UNION ALL SELECT oid FROM other)),
          label AS (SELECT objoid, provider || ': ' || label AS text FROM pg_shseclabel
                     WHERE classoid = 'pg_authid'::regclass)
     SELECT EXISTS (SELECT 1 FROM membership m, one, other
                     WHERE m.member = other.oid AND m.roleid = one.oid
                       AND coalesce((m.terms->>'inherit_option')::bool, true)
                       AND coalesce((m.terms->>'set_option')::bool, true)) AS "isMember",
            (SELECT g.rolname FROM membership m JOIN pg_roles g ON g.oid = m.roleid, one, other
              WHERE m.member = other.oid
                AND CASE WHEN m.roleid = one.oid THEN m.admin_option
                         ELSE NOT EXISTS (SELECT 1 FROM membership o WHERE o.member = one.oid AND o.terms = m.terms) END
              LIMIT 1) AS membership,
            (SELECT pg_has_role(one.oid, other.oid, 'MEMBER') FROM one, other) AS "isCircular",
            (SELECT coalesce(d.datname, 'the whole server') FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid, other
              WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = other.oid AND s.deptype = 'o' LIMIT 1) AS ownership,
            (SELECT text FROM label FULL JOIN (SELECT oid, 'one' AS which FROM one UNION ALL SELECT oid, 'other' FROM other) AS pair
                 ON pair.oid = label.objoid
              WHERE which IS NOT NULL AND text IS NOT NULL GROUP BY text HAVING count(*) <> 2 LIMIT 1) AS label`,
    call,
  );
  if (row === undefined) return false;
  if (row.membership !== null)
    throw unsupported(names, "membership", `the alternate has a membership of its own in ${row.membership}`);
  if (row.isCircular === true) throw unsupported(names, "membership", "the first user is a member of the alternate");
  if (row.ownership !== null) {
    throw unsupported(
      names,
      "ownership",
      `the alternate owns something in ${row.ownership}, which it cannot reach once it acts as the first user`,
      "in each database: REASSIGN OWNED BY <alternate> TO <first user>",
    );
  }
  if (row.label !== null) {
    throw unsupported(
      names,
      "security label",
      "one of the two has a security label that the other does not have",
      "SECURITY LABEL FOR <provider> ON ROLE <role> IS …, so that both have it",
    );
  }
  return row.isMember;
}

/** Of a role that is just made. */
const usual: Pick<Account, "attributes" | "connectionLimit" | "validUntil"> = {
  attributes: { INHERIT: true, CREATEDB: false, CREATEROLE: false, REPLICATION: false, BYPASSRLS: false },
  connectionLimit: -1,
  validUntil: "infinity",
};

/** Whether the session may give this attribute to a role, or take it. */
function mayGive(session: SessionFacts, attribute: keyof Attributes): boolean {
  if (session.isSuperuser || attribute === "INHERIT" || attribute === "CREATEROLE") return true;
  return session.version >= 160_000 ? session.attributes[attribute] : attribute === "CREATEDB";
}

/**
 * What CREATE or ALTER ROLE must say so that the alternate is as the first. The alternate always inherits: what of the first
 * does not inherit is not reached through the first either, but the right to connect is checked before it acts as the first.
 * Errors: `account-unsupported`, `database-rights-missing`.
 */
export function attributeChanges(
  names: Names,
  first: Account,
  alternate: Account | undefined,
  session: SessionFacts,
): readonly string[] {
  const present = alternate ?? usual;
  const changes: string[] = [];
  const wanted: Attributes = { ...first.attributes, INHERIT: true };
  for (const attribute of Object.keys(wanted) as (keyof Attributes)[]) {
    const isWanted = wanted[attribute];
    if (isWanted === present.attributes[attribute]) continue;
    if (mayGive(session, attribute)) {
      changes.push(isWanted ? attribute : `NO${attribute}`);
    } else if (!isWanted) {
      throw unsupported(names, attribute, `the alternate has ${attribute}, which the first user does not have`);
    } else if (attribute === "REPLICATION") {
      // The others hold for whoever acts as the first user; this one is asked of the user that logs in.
      throw new RekeyError("database-rights-missing", {
        context: { user: names.alternate, property: attribute },
        hint: "the first user has REPLICATION, which a superuser, or since PostgreSQL 16 an admin with REPLICATION of its own, can give to the alternate",
      });
    }
  }
  if (first.connectionLimit !== present.connectionLimit) changes.push(`CONNECTION LIMIT ${first.connectionLimit}`);
  if (first.validUntil !== present.validUntil) changes.push(`VALID UNTIL ${escapeLiteral(first.validUntil)}`);
  return changes;
}
