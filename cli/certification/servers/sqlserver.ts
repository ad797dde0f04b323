import { readLogins, readUsers } from "../../../shared/engines/sqlserver/account.ts";
import { handshakeCarrier } from "../../../shared/engines/sqlserver/ask-for-tls.ts";
import { type Connection, connect } from "../../../shared/engines/sqlserver/connection.ts";
import { hexadecimal, quoteName, quoteText } from "../../../shared/engines/sqlserver/statements.ts";
import { lock } from "../../../shared/engines/sqlserver/sync-pair.ts";
import { changeAtTag } from "../../../shared/tags/tag-names.ts";
import type { AccountProperty } from "../../../shared/testing/engine-contract/fixture.ts";
import type { LiveServer, LiveUsers, Place } from "../live-server.ts";
import { type Open, sessionsOf, type Sessions, sourcesOf } from "./sessions.ts";

/** Users are made in no system database: a login gets into this one without any. */
const systemDatabase = "master";

const open: Open<Connection> = async (target, credential, call) => {
  const connected = await connect(target, credential, call);
  return "query" in connected ? connected : undefined;
};

interface Asking {
  run(...statements: readonly string[]): Promise<void>;
  /** The texts of one column, `line`. */
  lines(select: string): Promise<readonly string[]>;
}

const asking = (sessions: Sessions<Connection>): Asking => ({
  run: async (...statements) =>
    sessions.asAdmin(async (session, call) => {
      for (const statement of statements) await session.run("prepare the users of the run", statement, call);
    }),
  lines: async (select) =>
    sessions.asAdmin(async (session, call) => {
      const rows = await session.query<{ readonly line: string }>("read what the server keeps", select, call);
      return rows.map(({ line }) => line);
    }),
});

function properties({ run }: Asking, database: string): Readonly<Record<string, AccountProperty>> {
  const given = (statement: (user: string) => string): AccountProperty => ({
    give: async (username) => run(statement(quoteName(username))),
  });
  const settings = (words: string): AccountProperty => given((user) => `ALTER LOGIN ${user} WITH ${words}`);
  return {
    "no property": { give: async () => undefined },
    "default language": settings("DEFAULT_LANGUAGE = [Français]"),
    "password policy": settings("CHECK_POLICY = ON"),
    expiration: settings("CHECK_POLICY = ON, CHECK_EXPIRATION = ON"),
    "server permission": given((user) => `USE [${systemDatabase}]; GRANT VIEW ANY DATABASE TO ${user}`),
    ...(database === systemDatabase
      ? {}
      : {
          "role of a database": given(
            (user) => `USE ${quoteName(database)}; ALTER ROLE [db_datareader] ADD MEMBER ${user}`,
          ),
          "permission of a database": given((user) => `USE ${quoteName(database)}; GRANT CREATE TABLE TO ${user}`),
        }),
  };
}

async function describe(sessions: Sessions<Connection>, database: string, username: string): Promise<string[]> {
  return sessions.asAdmin(async (session, call) => {
    const [login] = await readLogins(session, [username], call);
    if (login === undefined) return [];
    const users = await readUsers(session, database, [hexadecimal(login.sid)], call);
    const ofLogin = { ...login, name: "<user>", sid: undefined, daysLeft: undefined };
    const ofUsers = users.map((user) => ({
      ...user,
      name: user.name.replaceAll(username, "<user>"),
      sid: undefined,
    }));
    return [ofLogin, ...ofUsers].map((one) => JSON.stringify(one));
  });
}

const users: LiveServer["users"] = (place: Place): LiveUsers => {
  const { target, prefix } = place;
  const sessions = sessionsOf(place, open);
  const asked = asking(sessions);
  const { run, lines } = asked;
  const database = target.dbname;
  const passwords = new Map<string, string>();
  const inDatabase = (statement: string): readonly string[] =>
    database === systemDatabase ? [] : [`USE ${quoteName(database)}; ${statement}`];
  const set = ({ username, password }: { readonly username: string; readonly password: string }): string =>
    `ALTER LOGIN ${quoteName(username)} WITH PASSWORD = ${quoteText(password)}`;
  const again = (username: string): string => set({ username, password: passwords.get(username) ?? "" });
  return {
    ours: async () =>
      lines(
        `SELECT p.name AS line FROM sys.server_principals AS p WHERE LEFT(p.name, ${prefix.length}) = ${quoteText(prefix)}`,
      ),
    async create({ username, password }) {
      passwords.set(username, password);
      const name = quoteName(username);
      await run(
        `CREATE LOGIN ${name} WITH PASSWORD = ${quoteText(password)}, CHECK_POLICY = OFF`,
        ...inDatabase(`CREATE USER ${name} FOR LOGIN ${name} WITH DEFAULT_SCHEMA = [dbo]`),
      );
      return {};
    },
    changePassword: async (account) => run(set(account)),
    async remove(username) {
      const name = quoteName(username);
      await run(...inDatabase(`DROP USER IF EXISTS ${name}`), `DROP LOGIN ${name}`);
    },
    accepts: async (account) => sessions.accepts(account),
    describe: async (username) => describe(sessions, database, username),
    written: async () =>
      sourcesOf({
        "sys.dm_exec_query_stats": async () =>
          lines(
            `SELECT TOP 100 LEFT(t.text, 4000) AS line FROM sys.dm_exec_query_stats AS s CROSS APPLY sys.dm_exec_sql_text(s.sql_handle) AS t WHERE CHARINDEX(${quoteText(prefix)}, t.text) > 0 ORDER BY s.last_execution_time DESC`,
          ),
      }),
    hardships: {
      // Rekey's own lock, by which rotations on one server wait for each other.
      async locked() {
        const { session, call } = await sessions.stay();
        await session.run("lock", lock, call);
        return { [Symbol.asyncDispose]: async () => session.close() };
      },
      async expired(username) {
        await run(`${again(username)} MUST_CHANGE, CHECK_EXPIRATION = ON, CHECK_POLICY = ON`);
        return { [Symbol.asyncDispose]: async () => run(again(username)) };
      },
    },
    accountProperties: properties(asked, database),
  };
};

/** SQL Server, RDS included. */
export const sqlserver: LiveServer = {
  variants: () => [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { [changeAtTag]: "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [
    {
      clause: "locked",
      strategy: "single-user",
      reason: "what another session locks of a login may hold up every login of that user, too",
    },
    { clause: "busy", reason: "a login has no limit of connections" },
    { clause: "read-only", reason: "it would make the whole database read-only" },
    {
      clause: "expired",
      strategy: "alternating-users",
      reason: "a password that an admin sets is new, so it has not expired",
    },
    {
      clause: "tls-not-verified",
      reason: "a login shows the password, so a certificate that is not verified is refused: ssl: require",
    },
    {
      clause: "clear-password-asked",
      reason: "every login shows the password; it goes to a verified certificate, or where the secret says ssl: false",
    },
  ],
  notInNames: /\\/gu,
  unknownDatabase: { dbname: "rekey_no_such_database" },
  users,
  carrierOf: handshakeCarrier,
};
