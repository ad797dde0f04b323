import { type Database, OraError, type Profile } from "./database.ts";

type Rows = readonly (readonly [string])[];

const name = '"([^"]+)"';
const limits: Readonly<Record<string, (value: string) => Profile>> = {
  PASSWORD_ROLLOVER_TIME: (value) => ({ rolloverDays: Number(value) }),
  SESSIONS_PER_USER: (value) => ({ isFull: value !== "UNLIMITED" }),
  FAILED_LOGIN_ATTEMPTS: (value) => ({ failedLogins: Number(value) }),
  PASSWORD_LIFE_TIME: () => ({}),
};

function limited(database: Database, profile: string, [limit = "", value = ""]: readonly string[]): void {
  const change = limits[limit];
  if (change === undefined) throw new OraError(2376);
  const kept = database.profiles.get(profile);
  database.profiles.set(profile, {
    ...kept,
    ...change(value),
    limits: { ...kept?.limits, [limit]: value },
  });
}

/** What an administrator does to users and profiles, by how the statement is written. */
const statements: readonly (readonly [RegExp, (database: Database, parts: readonly string[]) => void])[] = [
  [
    new RegExp(`^CREATE PROFILE ${name} LIMIT (\\w+) (\\w+)$`),
    (database, [profile = "", ...limit]) => {
      if (database.profiles.has(profile)) throw new OraError(2379);
      limited(database, profile, limit);
    },
  ],
  [
    new RegExp(`^ALTER PROFILE ${name} LIMIT (\\w+) (\\w+)$`),
    (database, [profile = "", ...limit]) => limited(database, profile, limit),
  ],
  [
    new RegExp(`^DROP PROFILE ${name}$`),
    (database, [profile = ""]) => {
      if ([...database.users.values()].some((user) => user.profile === profile)) throw new OraError(2382);
      database.profiles.delete(profile);
    },
  ],
  [
    new RegExp(`^CREATE USER ${name} IDENTIFIED BY "([^"\\0]{1,30})" PROFILE ${name}$`),
    (database, [user = "", password = "", profile = ""]) => {
      if (database.users.has(user)) throw new OraError(1920);
      database.create(user, password, profile).mayCreateSession = false;
    },
  ],
  [
    new RegExp(`^GRANT (\\w+(?: \\w+)*) TO ${name}$`),
    (database, [right = "", user = ""]) => {
      if (right === "CREATE SESSION") database.user(user).mayCreateSession = true;
      else database.user(user).rights.add(right);
    },
  ],
  [new RegExp(`^ALTER USER ${name} PASSWORD EXPIRE$`), (database, [user = ""]) => database.expire(user)],
  [
    new RegExp(`^DROP USER ${name}$`),
    (database, [user = ""]) => {
      database.user(user);
      database.users.delete(user);
    },
  ],
];

function described(database: Database, user: string): Rows {
  const { profile, isCommon, settings, rights } = database.user(user);
  const lines = [
    `user ${profile} ${settings.get("DEFAULT_TABLESPACE")} ${isCommon}`,
    ...[...rights].map((right) => `role ${right}`),
    ...Object.entries(database.profiles.get(user)?.limits ?? {}).map((limit) => `limit ${limit.join(" ")}`),
  ];
  return lines.map((line) => [line]);
}

/** Oracle documents that a statement's text is kept without the password that is in it. */
const withoutPassword = (sql: string): string => sql.replace(/IDENTIFIED BY "[^"]*"/, "IDENTIFIED BY *");

const queries: readonly (readonly [RegExp, (database: Database, parts: readonly string[]) => Rows])[] = [
  [
    /^SELECT USERNAME FROM DBA_USERS .* = '([^']+)' UNION .* OFFSET (\d+) ROWS FETCH NEXT (\d+) ROWS ONLY$/,
    ({ users, profiles }, [prefix = "", offset, count]) =>
      [...new Set([...users.keys(), ...profiles.keys()])]
        .filter((one) => one.toUpperCase().startsWith(prefix))
        .toSorted()
        .slice(Number(offset), Number(offset) + Number(count))
        .map((one) => [one]),
  ],
  [
    /^SELECT (?:USERNAME|PROFILE) FROM DBA_(USERS|PROFILES) WHERE \w+ = '((?:[^']|'')+)'$/,
    ({ users, profiles }, [view, quoted = ""]) => {
      const one = quoted.replaceAll("''", "'");
      return (view === "USERS" ? users : profiles).has(one) ? [[one]] : [];
    },
  ],
  [
    /^SELECT 'user ' .* WHERE U\.USERNAME = '((?:[^']|'')+)'\s+UNION ALL /,
    (database, [quoted = ""]) => described(database, quoted.replaceAll("''", "'")),
  ],
  [
    /^SELECT SQL_TEXT FROM V\$SQL .* > 0 ORDER BY LAST_ACTIVE_TIME DESC FETCH FIRST (\d+) ROWS ONLY$/,
    ({ lines }, [count]) => lines.slice(-Number(count)).map((line) => [withoutPassword(line)]),
  ],
];

/** The rows of such a query, none for such a statement, and `undefined` for anything else. */
export function administer(database: Database, as: string, sql: string): Rows | undefined {
  const { rights } = database.user(as);
  for (const [pattern, read] of queries) {
    const [whole, ...parts] = pattern.exec(sql) ?? [];
    if (whole === undefined) continue;
    if (!rights.has("SELECT_CATALOG_ROLE")) throw new OraError(942);
    return read(database, parts);
  }
  for (const [pattern, work] of statements) {
    const [whole, ...parts] = pattern.exec(sql) ?? [];
    if (whole === undefined) continue;
    if (!rights.has("CREATE USER")) throw new OraError(1031);
    database.lines.push(sql);
    work(database, parts);
    return [];
  }
  return undefined;
}
