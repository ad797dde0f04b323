import { setTimeout as wait } from "node:timers/promises";
import { product as mariadbProduct } from "../../../shared/engines/mariadb/product.ts";
import { type Connection, connect } from "../../../shared/engines/mysql-family/connection.ts";
import { quoteAccount, quoteText } from "../../../shared/engines/mysql-family/names.ts";
import { setUpSession } from "../../../shared/engines/mysql-family/one-at-a-time.ts";
import type { Product } from "../../../shared/engines/mysql-family/product.ts";
import { product as mysqlProduct } from "../../../shared/engines/mysql/product.ts";
import type { Account, EngineServer, Exemption } from "../../../shared/testing/engine-contract/fixture.ts";
import { changeAtTag } from "../../../shared/tags/tag-names.ts";
import type { LiveServer, LiveUsers, Place } from "../live-server.ts";
import { askForClearPassword } from "./mysql-greeting.ts";
import { firstOf, type Open, sessionsOf, type Sessions, sourcesOf } from "./sessions.ts";

/** What the two products do in ways of their own. */
interface Kind {
  readonly product: Product;
  /** After `ALTER USER <user>`, by the name of the property. */
  readonly properties: Readonly<Record<string, string>>;
  /** Whether a change of a password leaves a second one alone. */
  readonly discardsOld: boolean;
  /** Of `SHOW CREATE USER`, what a rotation may not change. */
  settled(line: string): string;
}

const mysqlKind: Kind = {
  product: mysqlProduct,
  properties: {
    COMMENT: `COMMENT 'the shop''s "own"'`,
    "PASSWORD HISTORY": "PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 365 DAY",
    FAILED_LOGIN_ATTEMPTS: "FAILED_LOGIN_ATTEMPTS 9 PASSWORD_LOCK_TIME UNBOUNDED",
  },
  discardsOld: true,
  // Without the password, the role that a pair shares and the pair's record.
  settled: (line) =>
    line
      .replace(/ IDENTIFIED WITH '(\w+)' AS (?:<secret>|'(?:[^'\\]|\\[^]|'')*')/, " IDENTIFIED WITH $1")
      .replace(/ DEFAULT ROLE .*?(?= REQUIRE)/, "")
      .replace(/(?:, )?"rekey": \{[^}]*\}(?:(?<=\{"rekey"[^}]*\}), )?/, "")
      .replace(" ATTRIBUTE '{}'", ""),
};

const mariadbKind: Kind = {
  product: mariadbProduct,
  properties: { MAX_STATEMENT_TIME: "WITH MAX_STATEMENT_TIME 12.5" },
  discardsOld: false,
  settled: (line) => line.replace(/ IDENTIFIED (?:BY PASSWORD|VIA) .*?(?= REQUIRE| WITH| PASSWORD EXPIRE|$)/, ""),
};

const common: Kind["properties"] = {
  MAX_USER_CONNECTIONS: "WITH MAX_USER_CONNECTIONS 9",
  MAX_QUERIES_PER_HOUR: "WITH MAX_QUERIES_PER_HOUR 900 MAX_UPDATES_PER_HOUR 800 MAX_CONNECTIONS_PER_HOUR 700",
  "PASSWORD EXPIRE INTERVAL": "PASSWORD EXPIRE INTERVAL 90 DAY",
  "PASSWORD EXPIRE NEVER": "PASSWORD EXPIRE NEVER",
};

type Row = Readonly<Record<string, unknown>>;
const valueOf = (row: Row | undefined): string => String(Object.values(row ?? {})[0]);

/** The servers keep names in three-byte UTF-8, and strip spaces from their ends. */
const kept = (username: string): string => username.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, "†").trim();
const accountOf = (username: string): string => quoteAccount({ user: kept(username), host: "%" });

const grantsOf = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => valueOf(row).replace(/ IDENTIFIED (?:BY PASSWORD|VIA) .*?(?= REQUIRE| WITH|$)/, ""));

const withoutName = (line: string, username: string): string =>
  line.replaceAll(accountOf(username), "<user>").replaceAll(`\`${kept(username)}\``, "<user>");

interface Asking {
  run(...statements: readonly string[]): Promise<readonly Row[]>;
  as(account: Account, ...statements: readonly string[]): Promise<readonly (readonly Row[])[]>;
}

function asking(sessions: Sessions<Connection>): Asking {
  return {
    run: async (...statements) =>
      sessions.asAdmin(async (session, call) => {
        let rows: readonly Row[] = [];
        for (const statement of statements)
          rows = await session.run<Row>("prepare the users of the run", statement, call);
        return rows;
      }),
    as: async ({ username, password }, ...statements) =>
      sessions.as({ username: kept(username), password }, async (session, call) => {
        const answers: (readonly Row[])[] = [];
        for (const statement of statements) answers.push(await session.run<Row>("describe a user", statement, call));
        return answers;
      }),
  };
}

function hardshipsOf(
  sessions: Sessions<Connection>,
  { run }: Asking,
  passwordOf: (username: string) => string,
): EngineServer["hardships"] {
  return {
    // Rekey's own lock, by which rotations on one server wait for each other.
    async locked() {
      const { session, call } = await sessions.stay();
      await session.run("lock", "SELECT GET_LOCK('rekey', 10)", call);
      return { [Symbol.asyncDispose]: async () => session.close() };
    },
    async busy(username) {
      await run(`ALTER USER ${accountOf(username)} WITH MAX_USER_CONNECTIONS 1`);
      const { session, call } = await sessions.stay({ username: kept(username), password: passwordOf(username) });
      const [row] = await session.run<Row>("read the session's id", "SELECT CONNECTION_ID()", call);
      return {
        async [Symbol.asyncDispose]() {
          await session.close();
          const look = `SELECT id FROM information_schema.processlist WHERE id = ${Number(valueOf(row))}`;
          for (let looks = 0; looks < 50 && (await run(look)).length > 0; looks++) await wait(100);
        },
      };
    },
    async expired(username) {
      await run(`ALTER USER ${accountOf(username)} PASSWORD EXPIRE`);
      const relieve = `ALTER USER ${accountOf(username)} IDENTIFIED BY ${quoteText(passwordOf(username))}`;
      return { [Symbol.asyncDispose]: async () => void (await run(relieve)) };
    },
  };
}

/** What two of a pair, or one user before and after, have alike. */
function descriptionsOf({ run, as }: Asking, kind: Kind): Required<Pick<LiveUsers, "describe" | "describeInEffect">> {
  return {
    async describe(username) {
      const account = accountOf(username);
      return [
        kind.settled(valueOf((await run(`SHOW CREATE USER ${account}`))[0])),
        ...grantsOf(await run(`SHOW GRANTS FOR ${account}`)),
      ]
        .map((line) => withoutName(line, username))
        .toSorted();
    },
    async describeInEffect(account) {
      const [grants = [], own = []] = await as(account, "SHOW GRANTS", "SHOW CREATE USER CURRENT_USER()");
      const first = accountOf(firstOf(account.username));
      return [...grantsOf(grants), kind.settled(valueOf(own[0]))]
        .filter((line) => !line.startsWith(`GRANT ${first} TO`) && !line.includes("`rekey alternate of "))
        .map((line) => withoutName(line, account.username))
        .toSorted();
    },
  };
}

function users(place: Place, kind: Kind): LiveUsers {
  const open: Open<Connection> = async (target, credential, call) => {
    const outcome = await connect(target, credential, call);
    if ("refusal" in outcome) return undefined;
    await setUpSession(outcome, kind.product, call).catch(() => undefined);
    return outcome;
  };
  const sessions = sessionsOf(place, open);
  const asked = asking(sessions);
  const { run } = asked;
  const passwords = new Map<string, string>();
  const alter = (username: string, words: string): string => `ALTER USER ${accountOf(username)} ${words}`;
  const given = Object.entries({ ...common, ...kind.properties });
  return {
    ...descriptionsOf(asked, kind),
    async ours() {
      const start = `LEFT(User, ${place.prefix.length}) = ${quoteText(place.prefix)}`;
      return (await run(`SELECT DISTINCT User FROM mysql.user WHERE ${start}`)).map(valueOf);
    },
    async create({ username, password }) {
      passwords.set(username, password);
      await run(`CREATE USER ${accountOf(username)} IDENTIFIED BY ${quoteText(password)}`);
      return { username: kept(username) };
    },
    async changePassword({ username, password }) {
      await run(alter(username, `IDENTIFIED BY ${quoteText(password)}`));
      if (kind.discardsOld) await run(alter(username, "DISCARD OLD PASSWORD"));
    },
    remove: async (username) => void (await run(`DROP USER ${accountOf(username)}`)),
    accepts: async ({ username, password }) => sessions.accepts({ username: kept(username), password }),
    written: async () =>
      sourcesOf({
        "performance_schema.events_statements_history_long": async () =>
          run("SELECT SQL_TEXT FROM performance_schema.events_statements_history_long"),
      }),
    hardships: hardshipsOf(sessions, asked, (username) => passwords.get(username) ?? ""),
    accountProperties: {
      "no property": { give: async () => undefined },
      ...Object.fromEntries(
        given.map(([name, words]) => [name, { give: async (user: string) => void (await run(alter(user, words))) }]),
      ),
    },
  };
}

const exemptions: readonly Exemption[] = [
  { clause: "read-only", reason: "it would make the whole server read-only" },
  { clause: "expired", strategy: "alternating-users", reason: "the idle user's new password ends its expiry" },
];
const weaker = "a caching_sha2_password login is over verified TLS or not at all";
const liveServer = (kind: Kind): Omit<LiveServer, "variants" | "exemptions"> => ({
  unknownDatabase: { dbname: "rekey_no_such_database" },
  users: (place) => users(place, kind),
  askForClearPassword,
});

/** MySQL, RDS and Aurora included. */
export const mysql: LiveServer = {
  ...liveServer(mysqlKind),
  variants: () => [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "alternating-users", usesAdmin: true },
    { strategy: "dual-password", usesAdmin: true },
  ],
  exemptions: [...exemptions, { clause: "tls-not-verified", reason: weaker }],
};

/** MariaDB, RDS included. */
export const mariadb: LiveServer = {
  ...liveServer(mariadbKind),
  variants: () => [
    { strategy: "single-user", usesAdmin: false },
    { strategy: "single-user", usesAdmin: false, tags: { [changeAtTag]: "finishSecret" } },
    { strategy: "alternating-users", usesAdmin: true },
    { strategy: "dual-password", usesAdmin: true },
  ],
  exemptions,
};
