import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, UserPair } from "../../rotation/ports.ts";
import type { Connection } from "./connection.ts";
import { hints } from "./hints.ts";
import { settingAssignment, settingName } from "./role-setting.ts";

interface RoleRow {
  readonly name: string;
  readonly isSuperuser: boolean;
  readonly connectionLimit: number;
  readonly mark: string | null;
  readonly mayAdminister: boolean;
}

interface SettingRow {
  readonly role: string;
  readonly database: string | null;
  readonly setting: string;
}

export const markOf = (first: string): string => `rekey alternate of ${first}`;

const collision = (pair: UserPair, problem: string): RekeyError =>
  new RekeyError("user-collision", { context: { first: pair.first, alternate: pair.alternate, problem } });

async function readRoles(connection: Connection, pair: UserPair, call: CallOptions): Promise<readonly RoleRow[]> {
  return connection.run<RoleRow>(
    "read roles",
    `SELECT rolname AS name, rolsuper AS "isSuperuser", rolconnlimit AS "connectionLimit",
            shobj_description(oid, 'pg_authid') AS mark,
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
              OR pg_has_role(current_user, oid, 'MEMBER WITH ADMIN OPTION')
              OR current_setting('server_version_num')::int < 160000 AS "mayAdminister"
       FROM pg_roles WHERE rolname IN (${escapeLiteral(pair.first)}, ${escapeLiteral(pair.alternate)})`,
    call,
  );
}

function checkPair(pair: UserPair, roles: readonly RoleRow[], next: string): RoleRow {
  const first = roles.find((role) => role.name === pair.first);
  const alternate = roles.find((role) => role.name === pair.alternate);
  if (first === undefined) throw collision(pair, "the first user does not exist");
  if (first.isSuperuser || alternate?.isSuperuser === true)
    throw collision(pair, "a superuser cannot be one of a pair");
  if (alternate === undefined && next !== pair.alternate) throw collision(pair, "the alternate user does not exist");
  if (alternate !== undefined && alternate.mark !== markOf(pair.first) && !pair.isGranted) {
    throw collision(pair, "the alternate user was not made by rekey");
  }
  if (!Number.isInteger(first.connectionLimit)) throw collision(pair, "the first user's connection limit is no number");
  const closed = [first, alternate].find((role) => role?.mayAdminister === false);
  if (closed !== undefined) {
    const hint = hints["database-rights-missing"];
    throw new RekeyError("database-rights-missing", { context: { user: closed.name }, hint });
  }
  return first;
}

const scopeOf = (database: string | null): string =>
  database === null ? "" : ` IN DATABASE ${escapeIdentifier(database)}`;

/** Role settings (`search_path`, `statement_timeout` …) go by the login role, so they are copied anew each time. */
async function copySettings(connection: Connection, pair: UserPair, call: CallOptions): Promise<void> {
  const settings = await connection.run<SettingRow>(
    "read role settings",
    `SELECT r.rolname AS role, d.datname AS database, unnest(s.setconfig) AS setting
       FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE r.rolname IN (${escapeLiteral(pair.first)}, ${escapeLiteral(pair.alternate)})`,
    call,
  );
  const alter = `ALTER ROLE ${escapeIdentifier(pair.alternate)}`;
  const stale = new Set([
    null,
    ...settings.filter(({ role }) => role === pair.alternate).map(({ database }) => database),
  ]);
  const statements = [
    ...[...stale].map((database) => `${alter}${scopeOf(database)} RESET ALL`),
    `${alter} SET role = ${escapeLiteral(pair.first)}`,
    ...settings
      .filter(({ role, setting }) => role === pair.first && settingName(setting) !== "role")
      .map(({ database, setting }) => `${alter}${scopeOf(database)} SET ${settingAssignment(setting)}`),
  ];
  await connection.run("copy role settings", statements.join("; "), call);
}

/**
 * Makes the alternate user where it is missing and brings it in step with the first.
 *
 * The alternate user has no right of its own: it is a member of the first user and starts every session as it
 * (`SET role`, which also survives RESET ROLE). So whatever it makes belongs to the first user, a GRANT or REVOKE on the
 * first user holds for both at once, and default privileges and row security apply the same. The mark in the role's
 * comment records the pair, so that no other user of that name is ever taken over.
 */
export async function syncPair(connection: Connection, pair: UserPair, next: string, call: CallOptions): Promise<void> {
  const roles = await readRoles(connection, pair, call);
  const first = checkPair(pair, roles, next);
  const name = escapeIdentifier(pair.alternate);
  const exists = roles.some((role) => role.name === pair.alternate);
  const statements = [
    ...(exists ? [] : [`CREATE ROLE ${name} LOGIN`]),
    `ALTER ROLE ${name} CONNECTION LIMIT ${first.connectionLimit}`,
    `COMMENT ON ROLE ${name} IS ${escapeLiteral(markOf(pair.first))}`,
    `GRANT ${escapeIdentifier(pair.first)} TO ${name}`,
  ];
  await connection.run("make the pair", statements.join("; "), call);
  await copySettings(connection, pair, call);
}
