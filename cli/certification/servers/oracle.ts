import { type Connection, connect } from "../../../shared/engines/oracle/connection.ts";
import { exactName, quoteName, quotePassword, quoteText } from "../../../shared/engines/oracle/names.ts";
import { setOnly } from "../../../shared/engines/oracle/set-password.ts";
import { errorNumber } from "../../../shared/engines/oracle/translate-error.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { passwordLengthTag } from "../../../shared/tags/tag-names.ts";
import type { Account, AccountProperty, EngineServer } from "../../../shared/testing/engine-contract/fixture.ts";
import type { LiveServer, LiveUsers, Place } from "../live-server.ts";
import { type Open, sessionsOf, type Sessions, sourcesOf } from "./sessions.ts";

/** What a login is refused with; anything else is a server in trouble. */
const refusals = new Set([1005, 1017, 1045, 28000, 28001]);

const open: Open<Connection> = async (target, credential, call) => {
  try {
    return await connect(target, credential, call);
  } catch (error) {
    if (refusals.has(errorNumber(error) ?? 0)) return undefined;
    throw error;
  }
};

/** Of an Oracle before 23ai. */
const mostPasswordBytes = 30;

/** No Oracle takes a double quote in a password. */
function kept(password: string): string {
  const characters = Array.from(password.replaceAll('"', "_"));
  while (Buffer.byteLength(characters.join("")) > mostPasswordBytes) characters.pop();
  return characters.join("");
}

const nameOf = (username: string): string => quoteName(exactName(username));
/** No more than one answer holds. */
const pageOfNames = 100;
const prepare = "prepare the users of the run";

interface Asking {
  run(...statements: readonly string[]): Promise<void>;
  /** The texts of one column. */
  lines(select: string): Promise<readonly string[]>;
  setPassword(account: Account): Promise<void>;
}

const asking = (sessions: Sessions<Connection>): Asking => ({
  run: async (...statements) =>
    sessions.asAdmin(async (session, call) => {
      for (const statement of statements)
        await session.change(prepare, statement, call, statement.includes("IDENTIFIED"));
    }),
  lines: async (select) =>
    sessions.asAdmin(async (session, call) =>
      (await session.query("read what the server keeps", select, call)).map(([line]) => line ?? ""),
    ),
  setPassword: async ({ username, password }) =>
    sessions.asAdmin(async (session, call) =>
      setOnly(session, { username, password: new SecretValue(kept(password)) }, call),
    ),
});

/** Each user has a profile of its own, of its own name, so that its limits can be changed for it alone. */
const limit = (username: string, words: string): string => `ALTER PROFILE ${nameOf(username)} LIMIT ${words}`;

function properties({ run }: Asking): Readonly<Record<string, AccountProperty>> {
  const limits = (words: string): AccountProperty => ({ give: async (username) => run(limit(username, words)) });
  return {
    "no property": { give: async () => undefined },
    "a role": { give: async (username) => run(`GRANT CONNECT TO ${nameOf(username)}`) },
    PASSWORD_LIFE_TIME: limits("PASSWORD_LIFE_TIME 90"),
    FAILED_LOGIN_ATTEMPTS: limits("FAILED_LOGIN_ATTEMPTS 3"),
    PASSWORD_ROLLOVER_TIME: { ...limits("PASSWORD_ROLLOVER_TIME 0"), refusedBy: ["dual-password"] },
  };
}

/** What the catalog has of a user but its password, and of its profile. */
function described(username: string): string {
  const name = quoteText(exactName(username));
  return `SELECT 'user ' || U.PROFILE || ' ' || REPLACE(U.ACCOUNT_STATUS, ' & IN ROLLOVER') || ' ' || U.DEFAULT_TABLESPACE || ' ' || U.TEMPORARY_TABLESPACE || ' ' || U.AUTHENTICATION_TYPE || ' ' || U.COMMON FROM DBA_USERS U WHERE U.USERNAME = ${name}
    UNION ALL SELECT 'role ' || R.GRANTED_ROLE || ' ' || R.ADMIN_OPTION || ' ' || R.DEFAULT_ROLE FROM DBA_ROLE_PRIVS R WHERE R.GRANTEE = ${name}
    UNION ALL SELECT 'privilege ' || S.PRIVILEGE || ' ' || S.ADMIN_OPTION FROM DBA_SYS_PRIVS S WHERE S.GRANTEE = ${name}
    UNION ALL SELECT 'quota ' || Q.TABLESPACE_NAME || ' ' || Q.MAX_BYTES FROM DBA_TS_QUOTAS Q WHERE Q.USERNAME = ${name}
    UNION ALL SELECT 'limit ' || L.RESOURCE_NAME || ' ' || L.LIMIT FROM DBA_PROFILES L WHERE L.PROFILE = ${name}`;
}

function hardshipsOf(
  sessions: Sessions<Connection>,
  { run, setPassword }: Asking,
  accountOf: (username: string) => Account,
): EngineServer["hardships"] {
  return {
    async busy(username) {
      const { session } = await sessions.stay(accountOf(username));
      await run(limit(username, "SESSIONS_PER_USER 1"));
      return {
        async [Symbol.asyncDispose]() {
          session.close();
          await run(limit(username, "SESSIONS_PER_USER UNLIMITED"));
        },
      };
    },
    async expired(username) {
      await run(`ALTER USER ${nameOf(username)} PASSWORD EXPIRE`);
      return { [Symbol.asyncDispose]: async () => setPassword(accountOf(username)) };
    },
  };
}

const users: LiveServer["users"] = (place: Place): LiveUsers => {
  const sessions = sessionsOf(place, open);
  const asked = asking(sessions);
  const { run, lines, setPassword } = asked;
  const passwords = new Map<string, string>();
  const accountOf = (username: string): Account => ({ username, password: passwords.get(username) ?? "" });
  const prefix = quoteText(place.prefix.toUpperCase());
  const begins = (column: string): string => `UPPER(SUBSTR(${column}, 1, ${place.prefix.length})) = ${prefix}`;
  const isThere = async (view: string, column: string, username: string): Promise<boolean> =>
    (await lines(`SELECT ${column} FROM ${view} WHERE ${column} = ${quoteText(exactName(username))}`)).length > 0;
  return {
    async ours() {
      const all = `SELECT USERNAME FROM DBA_USERS WHERE ${begins("USERNAME")} UNION SELECT PROFILE FROM DBA_PROFILES WHERE ${begins("PROFILE")} ORDER BY 1`;
      const found: string[] = [];
      for (let page: readonly string[] | undefined; page === undefined || page.length === pageOfNames;) {
        page = await lines(`${all} OFFSET ${found.length} ROWS FETCH NEXT ${pageOfNames} ROWS ONLY`);
        found.push(...page);
      }
      return found.map(quoteName);
    },
    async create({ username, password: given }) {
      const [name, password] = [nameOf(username), kept(given)];
      passwords.set(username, password);
      await run(
        `CREATE PROFILE ${name} LIMIT PASSWORD_ROLLOVER_TIME 7`,
        `CREATE USER ${name} IDENTIFIED BY ${quotePassword(username, new SecretValue(password))} PROFILE ${name}`,
        `GRANT CREATE SESSION TO ${name}`,
      );
      return { password };
    },
    changePassword: setPassword,
    async remove(username) {
      const name = nameOf(username);
      if (await isThere("DBA_USERS", "USERNAME", username)) await run(`DROP USER ${name}`);
      if (await isThere("DBA_PROFILES", "PROFILE", username)) await run(`DROP PROFILE ${name}`);
    },
    accepts: async ({ username, password }) => sessions.accepts({ username, password: kept(password) }),
    async describe(username) {
      const name = exactName(username);
      return (await lines(described(username))).map((line) => line.replaceAll(name, "<user>")).toSorted();
    },
    written: async () =>
      sourcesOf({
        V$SQL: async () =>
          lines(
            `SELECT SQL_TEXT FROM V$SQL WHERE INSTR(UPPER(SQL_TEXT), ${prefix}) > 0 ORDER BY LAST_ACTIVE_TIME DESC FETCH FIRST 100 ROWS ONLY`,
          ),
        UNIFIED_AUDIT_TRAIL: async () =>
          lines(
            `SELECT DBMS_LOB.SUBSTR(SQL_TEXT, 1000, 1) FROM UNIFIED_AUDIT_TRAIL WHERE INSTR(UPPER(SQL_TEXT), ${prefix}) > 0 ORDER BY EVENT_TIMESTAMP DESC FETCH FIRST 100 ROWS ONLY`,
          ),
      }),
    hardships: hardshipsOf(sessions, asked, accountOf),
    accountProperties: properties(asked),
  };
};

const resendPacket = 11;
const tlsAnew = 0x08;

/** The rotation function's own default, which the contract has to be told. */
const tags = { [passwordLengthTag]: String(mostPasswordBytes) };

/** Oracle, RDS included. */
export const oracle: LiveServer = {
  variants: () => [
    { strategy: "single-user", usesAdmin: false, tags },
    { strategy: "dual-password", usesAdmin: false, tags },
    { strategy: "dual-password", usesAdmin: true, tags },
  ],
  exemptions: [
    { clause: "locked", reason: "a statement that changes a user commits at once, so no session can hold one up" },
    { clause: "read-only", reason: "it would make the whole database read-only" },
    {
      clause: "clear-password-asked",
      reason: "the protocol has no message by which a server asks for the password itself",
    },
  ],
  notInNames: /["\0]/gu,
  unknownDatabase: { dbname: "rekey_no_such_service" },
  usernameOf: (name) => (/^[a-z][a-z0-9_]*$/i.test(name) ? name : quoteName(name)),
  users,
  beginsTlsAnew: (chunk) => chunk[4] === resendPacket && ((chunk[5] ?? 0) & tlsAnew) !== 0,
};
