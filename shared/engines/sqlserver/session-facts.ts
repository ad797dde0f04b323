import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { isAtLeast } from "../inspecting.ts";
import type { Connection } from "./connection.ts";
import { oldestVersions } from "./product.ts";

/** What a session learns of itself before it changes anything. */
export interface SessionFacts {
  readonly version: string;
  /** Whether its user lives in the database alone, without a login of the server. */
  readonly isContained: boolean;
  readonly isReadOnly: boolean;
  readonly mayAlterLogins: boolean;
  readonly mayAlterUsers: boolean;
  /** Whether it sees everything that is set for other logins. */
  readonly seesDefinitions: boolean;
  /** Whether it may set a password by its hash. */
  readonly controlsServer: boolean;
}

const permission = (name: string): string => `HAS_PERMS_BY_NAME(NULL, NULL, N'${name}')`;

const select =
  "SELECT CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)) AS version, " +
  "CAST(IIF((SELECT authentication_type FROM sys.database_principals WHERE name = USER_NAME()) = 2, 1, 0) AS bit) AS isContained, " +
  "CAST(IIF(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_ONLY', 1, 0) AS bit) AS isReadOnly, " +
  `CAST(${permission("ALTER ANY LOGIN")} AS bit) AS mayAlterLogins, ` +
  "CAST(HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'ALTER ANY USER') AS bit) AS mayAlterUsers, " +
  `CAST(${permission("VIEW ANY DEFINITION")} AS bit) AS seesDefinitions, ` +
  `CAST(${permission("CONTROL SERVER")} AS bit) AS controlsServer`;

/** Errors: `server-too-old`. */
export async function readSession(connection: Connection, call: CallOptions): Promise<SessionFacts> {
  const [facts] = await connection.query<SessionFacts>("read session", select, call);
  if (facts === undefined) throw new RekeyError("server-misbehaved", { context: { problem: "no session" } });
  if (isAtLeast(facts.version, oldestVersions["SQL Server"])) return facts;
  throw new RekeyError("server-too-old", { context: { operation: "read session" } });
}

/** Errors: `database-rights-missing`. */
export function requireRight(has: boolean, right: string): void {
  if (has) return;
  throw new RekeyError("database-rights-missing", {
    context: { right },
    hint: `GRANT ${right} TO [<admin>], or name an admin secret in masterarn whose login has it`,
  });
}
