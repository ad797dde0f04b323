import { escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { passwordHashTag } from "../../tags/tag-names.ts";
import type { SessionFacts } from "./account.ts";

interface RuleRow {
  readonly name: string;
  readonly method: string;
}

/**
 * By which methods pg_hba.conf may admit these users to the session's database, from wherever they come. The alternate is in every
 * group that the first is in.
 */
const readRules = async (
  connection: Connection,
  names: readonly string[],
  first: string,
  call: CallOptions,
): Promise<readonly RuleRow[]> =>
  connection.run<RuleRow>(
    "read host rules",
    `SELECT DISTINCT who.name, h.auth_method AS method
       FROM pg_hba_file_rules h, (VALUES ${names.map((name) => `(${escapeLiteral(name)})`).join(", ")}) AS who(name)
      WHERE h.error IS NULL AND h.auth_method <> 'reject'
        AND EXISTS (SELECT 1 FROM unnest(h.database) AS d
                     WHERE d IN ('all', 'samerole', 'samegroup', current_database()) OR d LIKE '/%'
                        OR d = 'sameuser' AND current_database() = who.name)
        AND EXISTS (SELECT 1 FROM unnest(h.user_name) AS u
                     WHERE u IN ('all', who.name) OR u LIKE '/%' AND who.name ~ substr(u, 2)
                        OR EXISTS (SELECT 1 FROM pg_roles g, pg_roles r
                                    WHERE u = '+' || g.rolname AND r.rolname = ${escapeLiteral(first)}
                                      AND pg_has_role(r.oid, g.oid, 'MEMBER')))`,
    call,
  );

/**
 * Errors: `account-unsupported` where pg_hba.conf admits the first user and not the alternate. Only a superuser may read it; for
 * the others the alternate's first login tells.
 */
export async function refuseUnadmitted(
  connection: Connection,
  { first, alternate }: { readonly first: string; readonly alternate: string },
  { seesHostRules }: SessionFacts,
  call: CallOptions,
): Promise<void> {
  if (!seesHostRules) return;
  const rules = await readRules(connection, [first, alternate], first, call);
  const isAdmitted = (user: string): boolean => rules.some(({ name }) => name === user);
  if (!isAdmitted(first) || isAdmitted(alternate)) return;
  throw new RekeyError("account-unsupported", {
    context: { first, alternate, property: "pg_hba.conf" },
    hint: "pg_hba.conf admits the first user and not the alternate: add the alternate to the first user's line, and reload",
  });
}

const scramOnly = (problem: string): RekeyError =>
  new RekeyError("option-invalid", {
    context: { option: passwordHashTag, problem },
    hint: "write md5, which takes both forms, for this user in pg_hba.conf, or remove the tag",
  });

/**
 * A user whose password is an MD5 hash is refused where pg_hba.conf says scram-sha-256. Errors: `option-invalid` where it does
 * say so for this user, or where nobody can tell.
 */
export async function refuseScramOnly(
  connection: Connection,
  user: string,
  { seesHostRules, version }: SessionFacts,
  call: CallOptions,
): Promise<void> {
  if (seesHostRules) {
    const rules = await readRules(connection, [user], user, call);
    if (rules.some(({ method }) => method === "scram-sha-256"))
      throw scramOnly("pg_hba.conf takes this user by scram-sha-256 only");
    return;
  }
  if (version < 160_000) throw scramOnly("only a superuser can see whether pg_hba.conf takes this user by md5");
  const [row] = await connection.run<{ method: string | null }>(
    "read login method",
    `SELECT CASE WHEN session_user = ${escapeLiteral(user)} THEN split_part(system_user, ':', 1) END AS method`,
    call,
  );
  if (row?.method === "scram-sha-256") throw scramOnly("pg_hba.conf takes this user by scram-sha-256 only");
}
