import { randomBytes } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, UserPair } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { checkPair } from "../check-pair.ts";
import { type DatabaseUser, type Login, readDatabases, readLogins, readUsers, unsupported } from "./account.ts";
import type { Connection } from "./connection.ts";
import { rightStatements, roleStatements } from "./permissions.ts";
import { readSession, requireRight } from "./session-facts.ts";
import { alternateSid, hexadecimal, passwordClause, quoteName } from "./statements.ts";
import { lockNotFree } from "./translate-error.ts";

/** One statement, and the database that it runs in. */
export interface Change {
  readonly operation: string;
  readonly statement: string;
}

/** Rotations of one server go one after another: each reads what the one before it has written. The session's end frees the lock. */
export const lock =
  "DECLARE @held int; EXEC @held = master.sys.sp_getapplock @Resource = N'rekey', @LockMode = N'Exclusive', @LockOwner = N'Session', @LockTimeout = 5000; " +
  `IF @held < 0 BEGIN ;THROW ${lockNotFree}, N'rekey', 1; END`;

/** A password that nobody has, of all kinds of characters, until the alternate is whole. */
const nobodysPassword = (): SecretValue => new SecretValue(`aA1-${randomBytes(24).toString("base64url")}`);

const excludes = ({ type, isAdministrator }: Login): string | undefined => {
  if (type !== "S") return "one of the users is no login with a password of SQL Server's";
  return isAdministrator ? "one of the users may change other logins" : undefined;
};

/** Errors: `account-unsupported`, by what cannot be copied. */
function checkCopied(first: Login, alternate: Login | undefined): void {
  const refuse = (is: boolean | undefined, property: string, hint: string): void => {
    if (is === true) throw unsupported(first.name, property, hint);
  };
  refuse(first.hasCredential, "credential", "a credential of a login is not copied: take it off the login");
  refuse(
    first.ownsDatabase,
    "database owner",
    "a database has one owner: ALTER AUTHORIZATION ON DATABASE::[…] TO [sa]",
  );
  refuse(
    first.ownsServerObjects,
    "owner of server objects",
    "the login owns a role or an endpoint: give that to another one",
  );
  refuse(first.isDisabled, "disabled", "the first user is disabled: ALTER LOGIN [<user>] ENABLE");
  refuse(alternate?.isDisabled, "disabled", "the alternate was disabled by hand: ALTER LOGIN [<user>] ENABLE");
}

const settingsOf = ({ database, language, checksPolicy, checksExpiration }: Login): string =>
  [
    `DEFAULT_DATABASE = ${quoteName(database ?? "master")}`,
    ...(language === null ? [] : [`DEFAULT_LANGUAGE = ${quoteName(language)}`]),
    `CHECK_POLICY = ${checksPolicy === true ? "ON" : "OFF"}`,
    `CHECK_EXPIRATION = ${checksExpiration === true ? "ON" : "OFF"}`,
  ].join(", ");

/** What one database's user lacks of the first one's, or has beyond it. */
function userStatements(
  pair: UserPair,
  first: DatabaseUser | undefined,
  alternate: DatabaseUser | undefined,
): readonly string[] {
  if (first === undefined) return alternate === undefined ? [] : [`DROP USER ${quoteName(alternate.name)}`];
  if (first.ownsObjects) {
    const hint = "the user owns a schema, a role or an object in a database: give that to dbo (ALTER AUTHORIZATION)";
    throw unsupported(first.name, "owner in a database", hint);
  }
  const named = alternate?.name ?? pair.alternate;
  const schema = quoteName(first.schema ?? "dbo");
  const made = `CREATE USER ${quoteName(named)} FOR LOGIN ${quoteName(pair.alternate)} WITH DEFAULT_SCHEMA = ${schema}`;
  const moved = `ALTER USER ${quoteName(named)} WITH DEFAULT_SCHEMA = ${schema}`;
  return [
    ...(alternate === undefined ? [made] : alternate.schema === first.schema ? [] : [moved]),
    ...roleStatements("ROLE", first, alternate, named),
    ...rightStatements(first, alternate, named),
  ];
}

async function databaseChanges(
  connection: Connection,
  pair: UserPair,
  [firstSid, otherSid]: readonly [string, string],
  call: CallOptions,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const { name, isInReach, isReadOnly } of await readDatabases(connection, call)) {
    if (!isInReach) {
      const hint = `the admin cannot look into the database ${name}, where the user may have rights: give it access, or take the database offline for good`;
      throw new RekeyError("database-rights-missing", { context: { right: "access to every database" }, hint });
    }
    const users = await readUsers(connection, name, [firstSid, otherSid], call);
    const userOf = (sid: string): DatabaseUser | undefined => users.find((user) => user.sid === sid);
    const statements = userStatements(pair, userOf(firstSid), userOf(otherSid));
    // What is read-only is not brought in step before somebody makes it writable.
    if (isReadOnly && statements.length > 0)
      throw new RekeyError("database-read-only", { context: { database: name } });
    const use = `USE ${quoteName(name)}; `;
    changes.push(...statements.map((statement) => ({ operation: "copy rights", statement: `${use}${statement}` })));
  }
  return changes;
}

/**
 * The statements that bring the pair in step and give `next` its password, which comes last: whatever is cut, the next run goes
 * on from it. The alternate gets a SID that follows from the first one's, which is rekey's mark. Errors: `user-collision`,
 * `account-unsupported`, `database-rights-missing`, before anything is changed.
 */
export async function planPair(
  connection: Connection,
  pair: UserPair,
  next: Credential,
  call: CallOptions,
): Promise<readonly Change[]> {
  const session = await readSession(connection, call);
  if (session.isContained) {
    throw unsupported(
      pair.first,
      "contained user",
      "two users alternate as logins of the server: use the strategy single-user",
    );
  }
  requireRight(session.mayAlterLogins, "ALTER ANY LOGIN");
  requireRight(session.seesDefinitions, "VIEW ANY DEFINITION");
  const logins = await readLogins(connection, [pair.first, pair.alternate], call);
  const alternate = logins.find(({ name }) => name === pair.alternate);
  const found = logins.find(({ name }) => name === pair.first);
  const sid = alternateSid(hexadecimal(found?.sid ?? "0x00"));
  const first = checkPair<Login>(pair, {
    first: found,
    alternate,
    isOurs: alternate !== undefined && alternate.sid.toLowerCase() === sid.toLowerCase(),
    next: next.username,
    excludes,
  });
  checkCopied(first, alternate);
  const otherSid = alternate === undefined ? sid : hexadecimal(alternate.sid);
  const name = quoteName(pair.alternate);
  const making = `CREATE LOGIN ${name} WITH ${passwordClause(nobodysPassword(), session.controlsServer)}, SID = ${sid}, ${settingsOf(first)}`;
  const settling = `ALTER LOGIN ${name} WITH ${settingsOf(first)}`;
  const isSettled = alternate !== undefined && settingsOf(first) === settingsOf(alternate);
  const server = [
    ...roleStatements("SERVER ROLE", first, alternate, pair.alternate),
    ...rightStatements(first, alternate, pair.alternate),
  ].map((statement) => ({ operation: "copy rights", statement: `USE [master]; ${statement}` }));
  const password = `ALTER LOGIN ${quoteName(next.username)} WITH ${passwordClause(next.password, session.controlsServer)}`;
  return [
    ...(alternate === undefined ? [{ operation: "make alternate user", statement: making }] : []),
    ...(alternate === undefined || isSettled ? [] : [{ operation: "copy settings", statement: settling }]),
    ...server,
    ...(await databaseChanges(connection, pair, [hexadecimal(first.sid), otherSid], call)),
    { operation: "set password", statement: password },
  ];
}
