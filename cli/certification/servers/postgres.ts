import { escapeIdentifier as quoted, escapeLiteral as literal } from "pg";
import { type Connection, connect } from "../../../shared/engines/postgres/connection.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { alternateSuffix } from "../../../shared/rotation/strategies/alternating-users.ts";
import type { Account, AccountProperty, EngineServer } from "../../../shared/testing/engine-contract/fixture.ts";
import { changeAtTag } from "../../../shared/tags/tag-names.ts";
import type { LiveServer, LiveUsers, Source } from "../live-server.ts";
import { firstOf, type Open, sessionsOf, type Sessions, sourcesOf } from "./sessions.ts";

interface Line {
  readonly line: string;
}

const open: Open<Connection> = async (target, credential, call) => {
  const outcome = await connect(target, credential, call);
  return typeof outcome === "string" ? undefined : outcome;
};

/** As the administrator, one after the other. */
export const run = async (sessions: Sessions<Connection>, ...statements: readonly string[]): Promise<void> =>
  sessions.asAdmin(async (session, call) => {
    for (const statement of statements) await session.run("prepare the users of the run", statement, call);
  });

/** Rows `line`, with the user's own name, and the first one's of a pair, as `<user>`. */
async function linesOf(session: Connection, username: string, sql: string, call: CallOptions): Promise<string[]> {
  const rows = await session.run<Line>("describe a user", sql, call);
  return rows.map(({ line }) => line.replaceAll(username, "<user>").replaceAll(firstOf(username), "<user>")).toSorted();
}

/** What every session may read of a role. */
const described = (username: string): string => {
  const own = `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${literal(username)})`;
  return `SELECT 'role ' || (to_jsonb(r) - 'oid' - 'rolpassword' - 'rolconfig')::text AS line FROM pg_roles r WHERE oid = ${own}
    UNION ALL SELECT concat_ws(' ', 'setting', s.setdatabase, c) FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = ${own}
    UNION ALL SELECT 'member of ' || pg_get_userbyid(m.roleid) || ' ' || m.admin_option FROM pg_auth_members m WHERE m.member = ${own}
    UNION ALL SELECT concat_ws(' ', 'depends', dbid, classid, objid, objsubid, deptype) FROM pg_shdepend
      WHERE refclassid = 'pg_authid'::regclass AND refobjid = ${own} AND classid <> 'pg_auth_members'::regclass
    UNION ALL SELECT 'comment ' || description FROM pg_shdescription WHERE classoid = 'pg_authid'::regclass AND objoid = ${own}`;
};

/** What an application notices; the names of the pair are left out where both have them. */
function inEffect(username: string): string {
  const first = firstOf(username);
  const pair = `(${literal(first)}, ${literal(`${first}${alternateSuffix}`)})`;
  return `SELECT 'acts as ' || CASE WHEN current_user = ${literal(first)} THEN 'the first' ELSE current_user END AS line
    UNION ALL SELECT 'may act as ' || rolname FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER') AND rolname NOT IN ${pair}
    UNION ALL SELECT 'has ' || rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'USAGE') AND rolname NOT IN ${pair}
    UNION ALL SELECT concat_ws(' ', 'setting', name, setting, source) FROM pg_settings WHERE source IN ('user', 'database user')
    UNION ALL SELECT 'attributes ' || (to_jsonb(r) - 'oid' - 'rolname' - 'rolpassword' - 'rolconfig' - 'rolinherit' - 'rolvaliduntil')::text
      FROM pg_roles r WHERE rolname = session_user
    UNION ALL SELECT 'until ' || coalesce(rolvaliduntil, 'infinity') FROM pg_roles WHERE rolname = session_user`;
}

function properties(sessions: Sessions<Connection>): Readonly<Record<string, AccountProperty>> {
  const given = (...statements: readonly ((user: string) => string)[]): AccountProperty => ({
    give: async (user) => run(sessions, ...statements.map((statement) => statement(quoted(user)))),
  });
  return {
    "no property": given(),
    NOINHERIT: given((user) => `ALTER ROLE ${user} NOINHERIT`),
    "CONNECTION LIMIT": given((user) => `ALTER ROLE ${user} CONNECTION LIMIT 17`),
    "VALID UNTIL": given((user) => `ALTER ROLE ${user} VALID UNTIL '2099-12-31 23:59:59.5+02'`),
    "VALID UNTIL infinity": given((user) => `ALTER ROLE ${user} VALID UNTIL 'infinity'`),
    search_path: given((user) => `ALTER ROLE ${user} SET search_path = "$user", audit, public`),
    DateStyle: given((user) => `ALTER ROLE ${user} SET DateStyle = 'German'`),
    default_transaction_read_only: given((user) => `ALTER ROLE ${user} SET default_transaction_read_only = on`),
    comment: given((user) => `COMMENT ON ROLE ${user} IS 'of the billing team'`),
    membership: {
      async give(user) {
        const group = quoted(`${user}_group`);
        await run(sessions, `CREATE ROLE ${group}`, `GRANT ${group} TO ${quoted(user)}`);
      },
    },
  };
}

/** What Redshift has, too. */
export function hardshipsOf(sessions: Sessions<Connection>): EngineServer["hardships"] {
  const until = async (impose: string, ...relieve: readonly string[]): Promise<AsyncDisposable> => {
    await run(sessions, impose);
    return { [Symbol.asyncDispose]: async () => run(sessions, ...relieve) };
  };
  return {
    async locked(username) {
      const { session, call } = await sessions.stay();
      await session.run("lock a user", `BEGIN; ALTER ROLE ${quoted(username)} CONNECTION LIMIT 50`, call);
      return {
        async [Symbol.asyncDispose]() {
          await session.run("unlock a user", "ROLLBACK", call);
          await session.close();
        },
      };
    },
    // The limit of the first user is its alternate's too, once a rotation has brought them in step.
    async busy(username) {
      const alternate = `${username}${alternateSuffix}`;
      const unlimited = (name: string): string => `ALTER ROLE ${quoted(name)} CONNECTION LIMIT -1`;
      const isThere = await sessions.asAdmin(async (session, call) =>
        session.run("look for a user", `SELECT 1 FROM pg_user WHERE usename = ${literal(alternate)}`, call),
      );
      return until(
        `ALTER ROLE ${quoted(username)} CONNECTION LIMIT 0`,
        unlimited(username),
        ...(isThere.length === 0 ? [] : [unlimited(alternate)]),
      );
    },
    expired: async (username) =>
      until(
        `ALTER ROLE ${quoted(username)} VALID UNTIL '2001-01-01'`,
        `ALTER ROLE ${quoted(username)} VALID UNTIL 'infinity'`,
      ),
  };
}

async function written(sessions: Sessions<Connection>): Promise<readonly Source[]> {
  const reader = (view: string) => async (): Promise<readonly string[]> => {
    const look = `SELECT query AS line FROM ${view}`;
    const rows = await sessions.asAdmin(async (session, call) =>
      session.run<Line>("read what was kept of statements", look, call),
    );
    return rows.map(({ line }) => line);
  };
  const views = ["pg_stat_activity", "pg_stat_statements"];
  return sourcesOf(Object.fromEntries(views.map((view) => [view, reader(view)])));
}

const users: LiveServer["users"] = (place): LiveUsers => {
  const sessions = sessionsOf(place, open);
  return {
    async ours() {
      const start = `left(rolname, ${place.prefix.length}) = ${literal(place.prefix)}`;
      const rows = await sessions.asAdmin(async (session, call) =>
        session.run<Line>("list the users of the run", `SELECT rolname AS line FROM pg_roles WHERE ${start}`, call),
      );
      return rows.map(({ line }) => line);
    },
    async create({ username, password }) {
      await run(sessions, `CREATE ROLE ${quoted(username)} LOGIN PASSWORD ${literal(password)}`);
      return {};
    },
    changePassword: async ({ username, password }) =>
      run(sessions, `ALTER ROLE ${quoted(username)} PASSWORD ${literal(password)}`),
    remove: async (username) => run(sessions, `DROP ROLE ${quoted(username)}`),
    accepts: async (account) => sessions.accepts(account),
    describe: async (username) =>
      sessions.asAdmin(async (session, call) => linesOf(session, username, described(username), call)),
    describeInEffect: async (account: Account) =>
      sessions.as(account, async (session, call) =>
        linesOf(session, account.username, inEffect(account.username), call),
      ),
    written: async () => written(sessions),
    hardships: hardshipsOf(sessions),
    accountProperties: properties(sessions),
  };
};

/** PostgreSQL, RDS and Aurora included. */
export const postgres: LiveServer = {
  variants: () => [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { [changeAtTag]: "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
  ],
  exemptions: [{ clause: "read-only", reason: "it would make the whole database read-only" }],
  unknownDatabase: { dbname: "rekey_no_such_database" },
  users,
  // AuthenticationCleartextPassword, in answer to the startup message.
  askForClearPassword: (socket) =>
    void socket.once("data", () => socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))),
};
