import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as readers from "../../../tests/support/connection-string-readers.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import { withCredential } from "../database-secret.ts";
import { SecretValue } from "../secret-value.ts";
import { sampledRuns } from "../../../tests/support/sampled.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}

interface WrittenForm {
  /** The login in this form, with the choices taken from `choose`; `undefined` where the form cannot hold it. */
  readonly write: (login: Login, choose: Choose) => string | undefined;
  readonly read: readonly readers.Reader[];
  /** Whether it can hold every login, so that none is refused. */
  readonly holdsAll: boolean;
}

/** One of these, by a number that the property generates. */
type Choose = <Item>(...items: readonly [Item, ...Item[]]) => Item;

const percent = (text: string, choose: Choose): string => {
  const encoded = encodeURIComponent(text).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return choose(
    encoded,
    encoded.replaceAll(/%[0-9A-F]{2}/gi, (each) => each.toLowerCase()),
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
};

const spelled = (key: string, choose: Choose): string => choose(key, key.toLowerCase(), key.toUpperCase());

/** The parts in any order. */
function shuffled<Item>(items: readonly Item[], choose: Choose): readonly Item[] {
  const left = [...items];
  return items.map(() => left.splice(choose(0, 1, 2, 3, 4) % left.length, 1)[0] as Item);
}

const isSafe = (text: string): boolean => /^[\w.~-]+$/.test(text);
const doubled = (text: string, mark: string): string => text.replaceAll(mark, mark + mark);

const userKeys = ["User Id", "User ID", "UserID", "UID", "User", "Username", "User Name", "login"] as const;
const passwordKeys = ["Password", "PWD"] as const;

const adoValue = (text: string, choose: Choose): string =>
  choose(isSafe(text) ? text : undefined, `'${doubled(text, "'")}'`, undefined) ?? `"${doubled(text, '"')}"`;
const odbcValue = (text: string, choose: Choose): string =>
  choose(isSafe(text) ? text : undefined, undefined) ?? `{${doubled(text, "}")}}`;
const libpqValue = (text: string, choose: Choose): string =>
  choose(isSafe(text), false) ? text : `'${text.replaceAll(/[\\']/g, (each) => `\\${each}`)}'`;

function keyValueText(
  { username, password }: Login,
  choose: Choose,
  more: readonly string[],
  value: typeof adoValue,
): string {
  const equals = choose("=", " = ");
  const pairs = shuffled(
    [
      ...more,
      `${spelled(choose(...userKeys), choose)}${equals}${value(username, choose)}`,
      `${spelled(choose(...passwordKeys), choose)}${equals}${value(password, choose)}`,
    ],
    choose,
  );
  return pairs.join(choose(";", "; ", ";;")) + choose("", ";", " ; ");
}

const url =
  (scheme: string, rest: string) =>
  ({ username, password }: Login, choose: Choose): string =>
    `${scheme}://${percent(username, choose)}:${percent(password, choose)}@${rest}`;

const query =
  (start: string, end = "") =>
  ({ username, password }: Login, choose: Choose): string => {
    const user = `${choose("user", "User", "username")}=${percent(username, choose)}`;
    const pairs = shuffled([user, `password=${percent(password, choose)}`, "ssl=true"], choose);
    return `${start}?${pairs.join("&")}${end}`;
  };

const forms: Readonly<Record<string, WrittenForm>> = {
  "a URL of PostgreSQL": {
    write: url("postgres", "db.example:5432/shop?sslmode=verify-full"),
    read: [readers.webReader, readers.pgReader],
    holdsAll: true,
  },
  "a URL of SQLAlchemy": {
    write: url("postgresql+psycopg2", "db.example:5432/shop"),
    read: [readers.webReader],
    holdsAll: true,
  },
  "a URL of MySQL": { write: url("mysql", "db.example/shop"), read: [readers.mysqlReader], holdsAll: true },
  "a URL of MongoDB with several hosts": {
    write: url("mongodb", "a.example:27017,b.example:27017/shop?authSource=admin"),
    read: [readers.mongoReader],
    holdsAll: true,
  },
  "a URL of MongoDB by SRV": { write: url("mongodb+srv", "c.example/shop"), read: [readers.webReader], holdsAll: true },
  "a URL of Redis": { write: url("rediss", "db.example:6380/0"), read: [readers.redisReader], holdsAll: true },
  "a URL of AMQP": { write: url("amqps", "db.example:5671/%2Fshop"), read: [readers.webReader], holdsAll: true },
  "a JDBC URL of PostgreSQL": {
    write: query("jdbc:postgresql://db.example/shop"),
    read: [readers.jdbcReader],
    holdsAll: true,
  },
  "a JDBC URL of MariaDB with two hosts": {
    write: query("jdbc:mariadb:sequential://a.example,b.example:3306/shop"),
    read: [readers.jdbcReader],
    holdsAll: true,
  },
  "a JDBC URL of MySQL with its user in front": {
    write: url("jdbc:mysql", "db.example/shop?useSSL=true"),
    read: [(text) => readers.webReader(text.replace("jdbc:", ""))],
    holdsAll: true,
  },
  "a JDBC URL of MySQL with its user among the hosts": {
    write: ({ username, password }, choose) => {
      const pairs = shuffled(
        ["host=db.example", `user=${percent(username, choose)}`, `password=${percent(password, choose)}`],
        choose,
      );
      return choose(
        `jdbc:mysql://(${pairs.join(",")})/shop`,
        `jdbc:mysql://address=${pairs.map((pair) => `(${pair})`).join("")}/shop`,
      );
    },
    read: [readers.jdbcHostsReader],
    holdsAll: true,
  },
  "a JDBC URL of SQL Server": {
    write: (login, choose) =>
      `jdbc:sqlserver://db.example:1433;${keyValueText(login, choose, ["encrypt=true", "databaseName=shop"], odbcValue)}`,
    read: [readers.sqlServerJdbcReader],
    holdsAll: true,
  },
  "a JDBC URL of Oracle": {
    write: ({ username, password }, choose) => {
      if (/["/@\s]/.test(username) || password.includes('"')) return undefined;
      const quoted = isSafe(password) ? password : `"${password}"`;
      return `jdbc:oracle:${choose("thin", "oci")}:${username}/${quoted}@${choose("//db.example:1521/shop", "db:1521:sid", "tns")}`;
    },
    read: [readers.oracleReader],
    holdsAll: false,
  },
  "ADO.NET": {
    write: (login, choose) => keyValueText(login, choose, ["Server=db.example", "Initial Catalog=shop"], adoValue),
    read: [readers.adoReader],
    holdsAll: true,
  },
  ODBC: {
    write: (login, choose) =>
      keyValueText(login, choose, ["Driver={ODBC Driver 18 for SQL Server}", "Server=tcp:db.example,1433"], odbcValue),
    read: [readers.odbcReader],
    holdsAll: true,
  },
  "libpq's keywords": {
    write: ({ username, password }, choose) => {
      const equals = choose("=", " = ");
      return shuffled(
        [
          "host=db.example",
          "dbname=shop",
          `user${equals}${libpqValue(username, choose)}`,
          `password${equals}${libpqValue(password, choose)}`,
        ],
        choose,
      ).join(choose(" ", "  "));
    },
    read: [readers.libpqReader],
    holdsAll: true,
  },
  "a DSN of Go": {
    write: ({ username, password }, choose) =>
      username.includes(":") || /^[a-z][a-z0-9+.-]*:\/\//i.test(`${username}:${password}`)
        ? undefined
        : `${username}:${password}@${choose("tcp(db.example:3306)", "unix(/run/mysql.sock)", "")}/shop?parseTime=true`,
    read: [readers.goReader],
    holdsAll: false,
  },
};

const host = { engine: "postgres", host: "db.example" };
const hard = [
  "'",
  '"',
  ";",
  "=",
  "{",
  "}",
  "\\",
  "@",
  ":",
  "/",
  "%",
  "+",
  " ",
  "&",
  "#",
  "?",
  "(",
  ")",
  ",",
  "é",
  "x",
  "7",
];
const anyText = (minLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ minLength, maxLength: 24, unit: fc.constantFrom(...hard) }),
      fc.string({ minLength, maxLength: 24, unit: "grapheme" }),
    )
    // Every form but a URL takes blanks at an end for its own.
    .filter(
      (text) => !/[\0\r\n]/.test(text) && text.isWellFormed() && /^\S.*\S$/su.test(text) && /[^\p{P}\s]/u.test(text),
    );
const anyLogin = fc.record({ username: anyText(2), password: anyText(9) });
const plainLogin = fc.record({
  username: fc.stringMatching(/^[a-z][a-z0-9_]{1,9}$/),
  password: fc.stringMatching(/^[A-Za-z0-9_.~-]{12,20}$/),
});

const choosing = (numbers: readonly number[]): Choose => {
  let at = 0;
  return <Item>(...items: readonly [Item, ...Item[]]): Item =>
    items[(numbers[at++ % numbers.length] ?? 0) % items.length] ?? items[0];
};
const anyChoices = fc.array(fc.nat({ max: 59 }), { minLength: 24, maxLength: 24 }).map((numbers) => [...numbers]);

/** The field after the rotation, or `undefined` where it was refused. */
function rendered(field: string, before: Login, after: Login): string | undefined {
  const secret = new SecretValue(JSON.stringify({ ...host, ...before, field }));
  try {
    const next = withCredential(secret, { ...after, password: new SecretValue(after.password) });
    return (JSON.parse(next.reveal()) as { readonly field: string }).field;
  } catch (error) {
    if (isRekeyError(error, "secret-malformed") && error.context["field"] === "field") return undefined;
    throw error;
  }
}

describe.each(Object.entries(forms))("%s", (_name, { write, read, holdsAll }) => {
  const readsAs = (text: string, login: Login): void => {
    expect({ text, found: read.map((reader) => reader(text)) }).toEqual({ text, found: read.map(() => login) });
  };

  test("says the new credential after a rotation, or is refused as a whole", () => {
    fc.assert(
      fc.property(anyLogin, anyLogin, fc.boolean(), anyChoices, (before, other, isRenamed, numbers) => {
        const field = write(before, choosing(numbers));
        fc.pre(field !== undefined);
        if (field === undefined) return;
        readsAs(field, before);
        const after = { ...other, username: isRenamed ? other.username : before.username };
        const text = rendered(field, before, after);
        fc.pre(holdsAll || text !== undefined);
        readsAs(text ?? `refused: ${field}`, after);
      }),
      { numRuns: sampledRuns(400) },
    );
  });

  test("is always rendered where the credential has letters and digits alone", () => {
    fc.assert(
      fc.property(plainLogin, plainLogin, anyChoices, (before, after, numbers) => {
        const text = rendered(write(before, choosing(numbers)) ?? "", before, after);
        readsAs(text ?? "refused", after);
      }),
    );
  });

  test("of another credential it is left alone", () => {
    fc.assert(
      fc.property(plainLogin, plainLogin, plainLogin, anyChoices, (own, other, after, numbers) => {
        const field = write(other, choosing(numbers)) ?? "";
        // A field that holds the password in any escape is refused, and rightly so.
        fc.pre(![field, other.username, other.password].some((text) => text.includes(own.password)));
        expect(rendered(field, own, after)).toBe(field);
      }),
    );
  });
});
