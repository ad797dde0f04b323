import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection } from "./connection.ts";
import { quoteName, quoteText } from "./statements.ts";

/** A right as the server keeps it: of what kind of thing, on which one, and whether it is granted, granted on, or denied. */
export interface Permission {
  readonly class: string;
  readonly permission: string;
  /** `G`, `W` (with grant option) or `D`. */
  readonly state: string;
  /** What it is on, for a class that has names. */
  readonly schema: string | null;
  readonly object: string | null;
  readonly column: string | null;
}

/** A login of the server. */
export interface Login {
  readonly name: string;
  readonly sid: string;
  /** `S` for one with a password of SQL Server's. */
  readonly type: string;
  readonly isDisabled: boolean;
  readonly database: string | null;
  readonly language: string | null;
  readonly checksPolicy: boolean | null;
  readonly checksExpiration: boolean | null;
  readonly hasCredential: boolean;
  readonly ownsDatabase: boolean;
  readonly ownsServerObjects: boolean;
  readonly isAdministrator: boolean;
  readonly daysLeft: number | null;
  readonly roles: readonly { readonly role: string }[] | null;
  readonly permissions: readonly Permission[] | null;
}

/** What a login is in one database. */
export interface DatabaseUser {
  readonly name: string;
  readonly sid: string;
  readonly schema: string | null;
  readonly ownsObjects: boolean;
  readonly roles: readonly { readonly role: string }[] | null;
  readonly permissions: readonly Permission[] | null;
}

const bit = (condition: string, as: string): string => `CAST(IIF(${condition}, 1, 0) AS bit) AS ${as}`;

const logins =
  "SELECT p.name, CONVERT(nvarchar(200), p.sid, 1) AS sid, p.type, p.is_disabled AS isDisabled, " +
  "p.default_database_name AS [database], p.default_language_name AS [language], " +
  "l.is_policy_checked AS checksPolicy, l.is_expiration_checked AS checksExpiration, " +
  `${bit("p.credential_id IS NOT NULL OR EXISTS (SELECT 1 FROM sys.server_principal_credentials AS c WHERE c.principal_id = p.principal_id)", "hasCredential")}, ` +
  `${bit("EXISTS (SELECT 1 FROM sys.databases AS d WHERE d.owner_sid = p.sid)", "ownsDatabase")}, ` +
  `${bit("EXISTS (SELECT 1 FROM sys.server_principals AS o WHERE o.owning_principal_id = p.principal_id) OR EXISTS (SELECT 1 FROM sys.endpoints AS e WHERE e.principal_id = p.principal_id)", "ownsServerObjects")}, ` +
  `${bit("p.principal_id = 1 OR IS_SRVROLEMEMBER(N'sysadmin', p.name) = 1 OR IS_SRVROLEMEMBER(N'securityadmin', p.name) = 1 OR EXISTS (SELECT 1 FROM sys.server_permissions AS s WHERE s.grantee_principal_id = p.principal_id AND s.permission_name IN (N'CONTROL SERVER', N'ALTER ANY LOGIN', N'IMPERSONATE ANY LOGIN') AND s.state <> 'D')", "isAdministrator")}, ` +
  "CAST(LOGINPROPERTY(p.name, N'DaysUntilExpiration') AS int) AS daysLeft, " +
  "(SELECT r.name AS role FROM sys.server_role_members AS m JOIN sys.server_principals AS r ON r.principal_id = m.role_principal_id WHERE m.member_principal_id = p.principal_id ORDER BY r.name FOR JSON PATH) AS roles, " +
  "(SELECT s.class_desc AS class, s.permission_name AS permission, s.state, NULL AS [schema], NULL AS [object], NULL AS [column] FROM sys.server_permissions AS s WHERE s.grantee_principal_id = p.principal_id ORDER BY s.permission_name FOR JSON PATH, INCLUDE_NULL_VALUES) AS permissions " +
  "FROM sys.server_principals AS p LEFT JOIN sys.sql_logins AS l ON l.principal_id = p.principal_id WHERE p.name IN ";

const users =
  "SELECT u.name, CONVERT(nvarchar(200), u.sid, 1) AS sid, u.default_schema_name AS [schema], " +
  `${bit("EXISTS (SELECT 1 FROM sys.schemas AS o WHERE o.principal_id = u.principal_id) OR EXISTS (SELECT 1 FROM sys.database_principals AS o WHERE o.owning_principal_id = u.principal_id) OR EXISTS (SELECT 1 FROM sys.objects AS o WHERE o.principal_id = u.principal_id)", "ownsObjects")}, ` +
  "(SELECT r.name AS role FROM sys.database_role_members AS m JOIN sys.database_principals AS r ON r.principal_id = m.role_principal_id WHERE m.member_principal_id = u.principal_id ORDER BY r.name FOR JSON PATH) AS roles, " +
  "(SELECT s.class_desc AS class, s.permission_name AS permission, s.state, COALESCE(OBJECT_SCHEMA_NAME(IIF(s.class = 1, s.major_id, NULL)), SCHEMA_NAME(IIF(s.class = 3, s.major_id, NULL))) AS [schema], OBJECT_NAME(IIF(s.class = 1, s.major_id, NULL)) AS [object], COL_NAME(IIF(s.class = 1, s.major_id, NULL), s.minor_id) AS [column] FROM sys.database_permissions AS s WHERE s.grantee_principal_id = u.principal_id ORDER BY s.class, s.major_id, s.minor_id, s.permission_name FOR JSON PATH, INCLUDE_NULL_VALUES) AS permissions " +
  "FROM sys.database_principals AS u WHERE u.sid IN ";

/** Databases that a login can have a user in. `tempdb` is made again at each start, and `rdsadmin` is Amazon's own. */
const databases =
  `SELECT d.name, ${bit("d.state = 0 AND HAS_DBACCESS(d.name) = 1", "isInReach")}, d.is_read_only AS isReadOnly ` +
  "FROM sys.databases AS d WHERE d.source_database_id IS NULL AND d.name NOT IN (N'tempdb', N'rdsadmin') ORDER BY d.name";

export interface Database {
  readonly name: string;
  readonly isInReach: boolean;
  readonly isReadOnly: boolean;
}

const operation = "read account";

export const readLogins = async (
  connection: Connection,
  names: readonly string[],
  call: CallOptions,
): Promise<readonly Login[]> =>
  connection.query<Login>(operation, `${logins}(${names.map(quoteText).join(", ")})`, call);

export const readDatabases = async (connection: Connection, call: CallOptions): Promise<readonly Database[]> =>
  connection.query<Database>("read databases", databases, call);

/** The users of these logins in one database. */
export const readUsers = async (
  connection: Connection,
  database: string,
  sids: readonly string[],
  call: CallOptions,
): Promise<readonly DatabaseUser[]> =>
  connection.query<DatabaseUser>(operation, `${users}(${sids.join(", ")})`, call, quoteName(database));

export const unsupported = (user: string, property: string, hint: string): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property }, hint });
