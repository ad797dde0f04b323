import { createClient } from "@redis/client";
import { MongoClient } from "mongodb";
import mysql from "mysql2";
import { parse as parsePg } from "pg-connection-string";

/** Who logs in with a connection string, as the reader of its form finds it. */
export interface Found {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export type Reader = (text: string) => Found;

const found = (username?: string | null, password?: string | null): Found => ({
  username: username ?? undefined,
  password: password ?? undefined,
});

export const webReader: Reader = (text) => {
  const { username, password } = new URL(text);
  return found(decodeURIComponent(username), decodeURIComponent(password));
};
export const pgReader: Reader = (text) => found(parsePg(text).user, parsePg(text).password);
export const mysqlReader: Reader = (text) => {
  const { user, password } = Reflect.get(mysql.createPool(text).config, "connectionConfig") as mysql.ConnectionOptions;
  return found(user, password);
};
/** Each client's own reader of its `url`; to make a client for each text takes long. */
const parseRedisUrl = Reflect.get(createClient().constructor, "parseURL") as (url: string) => Partial<Found>;

export const redisReader: Reader = (text) => {
  const { username, password } = parseRedisUrl(text);
  return found(username, password);
};
export const mongoReader: Reader = (text) => {
  const { credentials } = new MongoClient(text).options;
  return found(credentials?.username, credentials?.password);
};

/** The last value of each key that names a user or a password, however it is spelled. */
function lastOf(pairs: readonly (readonly [string, string])[]): Found {
  const named = (names: readonly string[]): string | undefined =>
    pairs.findLast(([key]) => names.includes(key.toLowerCase().replaceAll(/[ _]/g, "")))?.[1];
  return found(named(["user", "username", "userid", "uid", "login"]), named(["password", "pwd"]));
}

/** The expressions of .NET's `DbConnectionOptions`. */
const adoPair =
  /[\s;]*((?:[^=\s\p{Cc}]|\s+[^=\s\p{Cc}]|\s+==|==)+)\s*=(?!=)\s*("(?:[^"\0]|"")*"|'(?:[^'\0]|'')*'|(?!["'\s])(?:[^;\s\0]|\s+[^;\s\0])*(?<!["'])|)\s*(?:;|[\0\s]*$)/uy;
const odbcPair =
  /[\s;]*((?:[^=\s\p{Cc}]|\s+[^=\s\p{Cc}])+)\s*=\s*(\{(?:[^}\0]|\}\})*\}|(?![{\s])(?:[^;\s\0]|\s+[^;\s\0])*|)\s*(?:;|[\0\s]*$)/uy;

function dotNetReader(pattern: RegExp, valueOf: (raw: string) => string): Reader {
  return (text) => {
    const pairs: (readonly [string, string])[] = [];
    for (let at = 0; /[^\s;]/.test(text.slice(at)); at = pattern.lastIndex) {
      pattern.lastIndex = at;
      const [, key, raw] = pattern.exec(text) ?? [];
      if (key === undefined || raw === undefined) throw new Error("not a connection string");
      pairs.push([key, valueOf(raw)]);
    }
    return lastOf(pairs);
  };
}

export const adoReader = dotNetReader(adoPair, (raw) => {
  const mark = raw[0] ?? "";
  return mark === '"' || mark === "'" ? raw.slice(1, -1).replaceAll(mark + mark, mark) : raw;
});
export const odbcReader = dotNetReader(odbcPair, (raw) =>
  raw.startsWith("{") ? raw.slice(1, -1).replaceAll("}}", "}") : raw,
);

/** As mssql-jdbc reads what follows the server: a brace opens a value, and two closing ones in it are one. */
export const sqlServerJdbcReader: Reader = (text) => odbcReader(text.slice(text.indexOf(";")));

/** `conninfo_parse` of libpq. */
export const libpqReader: Reader = (text) => {
  const pairs: (readonly [string, string])[] = [];
  let at = 0;
  const skipSpace = (): void => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  for (skipSpace(); at < text.length; skipSpace()) {
    const equals = text.indexOf("=", at);
    if (equals === -1) throw new Error("missing =");
    const key = text.slice(at, equals).trim();
    if (/\s/.test(key)) throw new Error("missing =");
    at = equals + 1;
    skipSpace();
    const isQuoted = text[at] === "'";
    if (isQuoted) at++;
    let value = "";
    for (;;) {
      const character = text[at++];
      if (character === undefined) {
        if (isQuoted) throw new Error("unterminated quoted string");
        break;
      }
      if (isQuoted ? character === "'" : /\s/.test(character)) break;
      value += character === "\\" ? (text[at++] ?? "") : character;
    }
    pairs.push([key, value]);
  }
  return lastOf(pairs);
};

/** `ParseDSN` of go-sql-driver/mysql. */
export const goReader: Reader = (text) => {
  const slash = text.lastIndexOf("/");
  const at = text.lastIndexOf("@", slash);
  const [username = "", ...password] = text.slice(0, at).split(":");
  return found(username, password.length === 0 ? undefined : password.join(":"));
};

/** As Oracle's tools read a login: a quote opens a name or a password, which the next quote ends. */
export const oracleReader: Reader = (text) => {
  const source = text.replace(/^jdbc:oracle:\w+:/, "");
  const parts = [""];
  let isQuoted = false;
  for (const character of source) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === "/" && parts.length === 1) parts.push("");
    else if (!isQuoted && character === "@") break;
    else parts[parts.length - 1] += character;
  }
  return found(parts[0], parts[1]);
};

const decoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

/** A JDBC URL's parameters as `java.net.URLDecoder` reads them, which pgjdbc and Connector/J use. */
export const jdbcReader: Reader = (text) =>
  lastOf(
    text
      .slice(text.indexOf("?") + 1)
      .split("&")
      .map((pair) => pair.split("=", 2))
      .map(([key = "", value = ""]) => [decoded(key), decoded(value)]),
  );

/** `jdbc:mysql://(host=…,user=…,password=…)/` and `address=(host=…)(user=…)(password=…)` of Connector/J. */
export const jdbcHostsReader: Reader = (text) =>
  lastOf(
    [...text.matchAll(/[(,](\w+)=([^,()]*)/g)].map(([, key = "", value = ""]) => [key, decodeURIComponent(value)]),
  );
