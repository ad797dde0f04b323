import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { type Names, unsupported } from "./pair-differences.ts";
import type { SessionFacts } from "./account.ts";
import { settingAssignment, settingName } from "./role-setting.ts";

/** `ALTER ROLE … SET` of one of the two, for one database or for all; and the setting `role` that a database gives to everybody. */
interface SettingRow {
  readonly role: string;
  readonly isCommon: boolean;
  readonly database: string | null;
  readonly setting: string;
  /** Whether only a superuser may set it, or who was granted SET on it. */
  readonly isReserved: boolean;
  /** Of the setting `role`: whether the user's sessions start as that role. */
  readonly isTaken: boolean | null;
}

type Setting = Pick<SettingRow, "database" | "setting" | "isReserved">;

const valueOf = (setting: string): string => setting.slice(settingName(setting).length + 1);
const keyOf = ({ database, setting }: Setting): string => JSON.stringify([database, setting]);
const placeOf = ({ database, setting }: Setting): string => JSON.stringify([database, settingName(setting)]);

const readSettings = async (connection: Connection, names: Names, call: CallOptions): Promise<readonly SettingRow[]> =>
  connection.run<SettingRow>(
    "read role settings",
    `SELECT r.rolname AS role, s.setrole = 0 AS "isCommon", d.datname AS database, c.setting,
            split_part(c.setting, '=', 1) <> 'role' AND NOT EXISTS (
              SELECT 1 FROM pg_settings p WHERE p.name = split_part(c.setting, '=', 1) AND p.context IN ('user', 'backend')
            ) AS "isReserved",
            CASE WHEN c.setting LIKE 'role=%' THEN coalesce((
              SELECT pg_has_role(r.oid, t.oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                                    THEN 'MEMBER' ELSE 'SET' END)
                FROM pg_roles t WHERE 'role=' || t.rolname = c.setting), false) END AS "isTaken"
       FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c(setting)
       JOIN pg_roles r ON r.oid = s.setrole
         OR s.setrole = 0 AND c.setting LIKE 'role=%' AND r.rolname = ${escapeLiteral(names.first)}
       LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE r.rolname IN (${escapeLiteral(names.first)}, ${escapeLiteral(names.alternate)})`,
    call,
  );

/**
 * What the alternate must have: the first user's settings, and in place of the role that the first acts as by itself, the first.
 * RESET ROLE leads back to it too.
 */
function settingsWanted(names: Names, settings: readonly SettingRow[]): readonly Setting[] {
  const own = settings.filter(({ role, isCommon }) => role === names.first && !isCommon);
  const isOwn = (at: string | null): boolean =>
    own.some(({ database, setting }) => database === at && settingName(setting) === "role");
  // The alternate's own `role` would stand above a database's, so it takes that for its own where the first user goes by it.
  const common = settings.filter(({ isCommon, database }) => isCommon && !isOwn(database) && !isOwn(null));
  const asFirst = `role=${names.first}`;
  const wanted = [...own, ...common].map(({ database, setting, isReserved, isTaken }) => {
    if (isTaken === true && valueOf(setting) === names.alternate)
      throw unsupported(names, "role", "the first user's sessions act as the alternate");
    return { database, isReserved, setting: isTaken === false ? asFirst : setting };
  });
  const isEverywhere = wanted.some(({ database, setting }) => database === null && settingName(setting) === "role");
  return isEverywhere ? wanted : [{ database: null, setting: asFirst, isReserved: false }, ...wanted];
}

/** A name that needs no quotes may be printed; another may hold anything. */
const plainName = /^[a-z_][a-z0-9_.]{0,62}$/i;

async function refuseReserved(
  connection: Connection,
  names: Names,
  changed: readonly Setting[],
  { isSuperuser, version }: SessionFacts,
  call: CallOptions,
): Promise<void> {
  const reserved = changed.filter(({ isReserved }) => isReserved).map(({ setting }) => settingName(setting));
  if (reserved.length === 0 || isSuperuser) return;
  const isGrantable = version >= 150_000;
  const [missing] = isGrantable
    ? await connection.run<{ name: string }>(
        "read parameter rights",
        `SELECT name FROM unnest(ARRAY[${reserved.map(escapeLiteral).join(", ")}]) AS name
          WHERE NOT has_parameter_privilege(name, 'SET')`,
        call,
      )
    : reserved.map((name) => ({ name }));
  if (missing === undefined) return;
  const name = plainName.test(missing.name) ? missing.name : "<parameter>";
  throw new RekeyError("database-rights-missing", {
    context: { user: names.alternate, operation: "copy role settings", property: name },
    hint: isGrantable
      ? `GRANT SET ON PARAMETER ${name} TO <admin>`
      : `before PostgreSQL 15 only a superuser may copy the user's setting ${name}: give the secret a superuser as its admin`,
  });
}

/**
 * The statements that give the alternate the first user's settings (`search_path`, `statement_timeout` …), which go by the
 * role that logs in; none where it has them. Errors: `account-unsupported`; `database-rights-missing` for one that the
 * session may not set.
 */
export async function settingChanges(
  connection: Connection,
  names: Names,
  session: SessionFacts,
  call: CallOptions,
): Promise<readonly string[]> {
  const settings = await readSettings(connection, names, call);
  const wanted = settingsWanted(names, settings);
  const present = settings.filter(({ role }) => role === names.alternate);
  const [wantedPlaces, presentKeys] = [new Set(wanted.map(placeOf)), new Set(present.map(keyOf))];
  const stale = present.filter((one) => !wantedPlaces.has(placeOf(one)));
  const missing = wanted.filter((one) => !presentKeys.has(keyOf(one)));
  await refuseReserved(connection, names, [...stale, ...missing], session, call);
  const alter = ({ database }: Setting): string =>
    `ALTER ROLE ${escapeIdentifier(names.alternate)}${database === null ? "" : ` IN DATABASE ${escapeIdentifier(database)}`}`;
  return [
    ...stale.map((one) => `${alter(one)} RESET ${escapeIdentifier(settingName(one.setting))}`),
    ...missing.map((one) => `${alter(one)} SET ${settingAssignment(one.setting)}`),
  ];
}
