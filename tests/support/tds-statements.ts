import { answer, done, failed } from "./tds-answers.ts";
import {
  type Catalog,
  type KeptLogin,
  type KeptRight,
  type KeptUser,
  newLogin,
  newUser,
  opens,
  right,
  stored,
} from "./tds-catalog.ts";
import { holds, plain, Refused, rowsFor, type Sender, text } from "./tds-queries.ts";

const name = String.raw`\[((?:[^\]]|\]\])+)\]`;
const unquoted = (quoted = ""): string => quoted.replaceAll("]]", "]");
const passwordPart = String.raw`PASSWORD = (?:${text}|(0x[0-9A-Fa-f]{140}) HASHED)`;
const settingsPart = String.raw`DEFAULT_DATABASE = ${name}, DEFAULT_LANGUAGE = ${name}, CHECK_POLICY = (ON|OFF), CHECK_EXPIRATION = (ON|OFF)`;

const settingsIn = ([database, language, policy, expiration]: readonly (string | undefined)[]) => ({
  database: unquoted(database),
  language: unquoted(language),
  checksPolicy: policy === "ON",
  checksExpiration: expiration === "ON",
});

const rightIn = (permission: string, on = "", isServer = false): KeptRight => {
  const [, schema, object, column] = new RegExp(`OBJECT::${name}\\.${name}(?: \\(${name}\\))?$`, "u").exec(on) ?? [];
  const [, ofSchema] = new RegExp(`SCHEMA::${name}$`, "u").exec(on) ?? [];
  if (object !== undefined) {
    const place = {
      schema: unquoted(schema),
      object: unquoted(object),
      column: column === undefined ? null : unquoted(column),
    };
    return right(permission, "G", { class: "OBJECT_OR_COLUMN", ...place });
  }
  if (ofSchema !== undefined) return right(permission, "G", { class: "SCHEMA", schema: unquoted(ofSchema) });
  return right(permission, "G", { class: isServer ? "SERVER" : "DATABASE" });
};

const isSame = (one: KeptRight, other: KeptRight): boolean =>
  JSON.stringify({ ...one, state: "" }) === JSON.stringify({ ...other, state: "" });

/** A statement that changes something: its pattern, and what it does with what the pattern found. */
type Statement = readonly [RegExp, (catalog: Catalog, sender: Sender, parts: readonly (string | undefined)[]) => void];

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`, "u");
const requireAlterLogin = ({ logins }: Catalog, { username }: Sender): void => {
  if (!holds(logins.get(username), "ALTER ANY LOGIN")) throw new Refused(15_151);
};
const existing = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Refused(15_151);
  return value;
};
const userNamed = ({ databases }: Catalog, { database }: Sender, quoted: string | undefined): KeptUser =>
  existing(databases.get(database)?.find((user) => user.name === unquoted(quoted)));
const holderNamed = (catalog: Catalog, sender: Sender, quoted: string | undefined): KeptLogin | KeptUser =>
  sender.database === "master" && catalog.logins.has(unquoted(quoted))
    ? existing(catalog.logins.get(unquoted(quoted)))
    : userNamed(catalog, sender, quoted);
const newPassword = (word: string | undefined, hash: string | undefined): string =>
  hash?.toLowerCase() ?? stored(plain(word));

const statements: readonly Statement[] = [
  [
    whole(`ALTER LOGIN ${name} WITH PASSWORD = ${text} OLD_PASSWORD = ${text}`),
    (catalog, { username }, [login, next, old]) => {
      const own = existing(catalog.logins.get(unquoted(login)));
      if (own.name !== username || !opens(own.stored, plain(old))) throw new Refused(15_151);
      own.stored = stored(plain(next));
    },
  ],
  [
    whole(`ALTER USER ${name} WITH PASSWORD = ${text} OLD_PASSWORD = ${text}`),
    (catalog, sender, [user, next, old]) => {
      const own = userNamed(catalog, sender, user);
      if (own.name !== sender.username || !opens(own.stored ?? "", plain(old))) throw new Refused(15_151);
      own.stored = stored(plain(next));
    },
  ],
  [
    whole(`ALTER LOGIN ${name} WITH ${passwordPart}`),
    (catalog, sender, [login, word, hash]) => {
      requireAlterLogin(catalog, sender);
      const changed = existing(catalog.logins.get(unquoted(login)));
      Object.assign(changed, { stored: newPassword(word, hash), isExpired: false });
    },
  ],
  [
    whole(`ALTER LOGIN ${name} WITH ${settingsPart}`),
    (catalog, sender, [login, ...settings]) => {
      requireAlterLogin(catalog, sender);
      Object.assign(existing(catalog.logins.get(unquoted(login))), settingsIn(settings));
    },
  ],
  [
    whole(`CREATE LOGIN ${name} WITH ${passwordPart}, SID = (0x[0-9A-F]{32}), ${settingsPart}`),
    (catalog, sender, [login, word, hash, sid = "", ...settings]) => {
      requireAlterLogin(catalog, sender);
      if (catalog.logins.has(unquoted(login))) throw new Refused(15_025);
      const made = Object.assign(newLogin(unquoted(login), "", sid), settingsIn(settings));
      catalog.logins.set(made.name, { ...made, stored: newPassword(word, hash) });
    },
  ],
  [
    whole(`ALTER (?:SERVER )?ROLE ${name} (ADD|DROP) MEMBER ${name}`),
    (catalog, sender, [role, what, member]) => {
      const { roles } = holderNamed(catalog, sender, member);
      if (what === "ADD") roles.add(unquoted(role));
      else roles.delete(unquoted(role));
    },
  ],
  [
    whole(`(GRANT|DENY|REVOKE) ([A-Z ]+?)( ON .*?)? (?:TO|FROM) ${name}( WITH GRANT OPTION| CASCADE)?`),
    (catalog, sender, [what, permission = "", on, member, option]) => {
      const holder = holderNamed(catalog, sender, member);
      const meant = rightIn(permission, on, "stored" in holder && "type" in holder);
      const others = holder.rights.filter((held) => !isSame(held, meant));
      const state = what === "DENY" ? "D" : option === " WITH GRANT OPTION" ? "W" : "G";
      holder.rights = what === "REVOKE" ? others : [...others, { ...meant, state }];
    },
  ],
  [
    whole(`CREATE USER ${name} FOR LOGIN ${name} WITH DEFAULT_SCHEMA = ${name}`),
    ({ logins, databases }, { database }, [user, login, schema]) => {
      const users = existing(databases.get(database));
      if (users.some((one) => one.name === unquoted(user))) throw new Refused(15_023);
      const { sid } = existing(logins.get(unquoted(login)));
      users.push(newUser(unquoted(user), sid, unquoted(schema)));
    },
  ],
  [
    whole(`ALTER USER ${name} WITH DEFAULT_SCHEMA = ${name}`),
    (catalog, sender, [user, schema]) =>
      void Object.assign(userNamed(catalog, sender, user), { schema: unquoted(schema) }),
  ],
  [
    whole(`DROP USER ${name}`),
    (catalog, sender, [user]) => {
      const dropped = userNamed(catalog, sender, user);
      const left = existing(catalog.databases.get(sender.database)).filter((one) => one !== dropped);
      catalog.databases.set(sender.database, left);
    },
  ],
  [
    /^DECLARE @held int; EXEC @held = master\.sys\.sp_getapplock @Resource = N'rekey', .*/u,
    (catalog, sender) => {
      if (catalog.lockHolder !== undefined && catalog.lockHolder !== sender) throw new Refused(50_001);
      catalog.lockHolder = sender;
    },
  ],
  [
    whole(`CREATE LOGIN ${name} WITH PASSWORD = ${text}, CHECK_POLICY = OFF`),
    (catalog, sender, [login, password]) => {
      requireAlterLogin(catalog, sender);
      if (catalog.logins.has(unquoted(login))) throw new Refused(15_025);
      const made = newLogin(unquoted(login), plain(password));
      catalog.logins.set(made.name, { ...made, checksPolicy: false });
    },
  ],
  [
    whole(`ALTER LOGIN ${name} WITH PASSWORD = ${text} MUST_CHANGE, CHECK_EXPIRATION = ON, CHECK_POLICY = ON`),
    (catalog, sender, [login, password]) => {
      requireAlterLogin(catalog, sender);
      const change = { stored: stored(plain(password)), checksPolicy: true, checksExpiration: true, isExpired: true };
      Object.assign(existing(catalog.logins.get(unquoted(login))), change);
    },
  ],
  [
    whole(`ALTER LOGIN ${name} WITH (?:DEFAULT_LANGUAGE = ${name}|CHECK_POLICY = ON(, CHECK_EXPIRATION = ON)?)`),
    (catalog, sender, [login, language, expiration]) => {
      requireAlterLogin(catalog, sender);
      const changed = existing(catalog.logins.get(unquoted(login)));
      if (language !== undefined) changed.language = unquoted(language);
      else Object.assign(changed, { checksPolicy: true, checksExpiration: expiration !== undefined });
    },
  ],
  [
    whole(`DROP LOGIN ${name}`),
    (catalog, sender, [login]) => {
      requireAlterLogin(catalog, sender);
      catalog.logins.delete(existing(catalog.logins.get(unquoted(login))).name);
    },
  ],
  [
    whole(`DROP USER IF EXISTS ${name}`),
    ({ databases }, { database }, [user]) => {
      const left = existing(databases.get(database)).filter((one) => one.name !== unquoted(user));
      databases.set(database, left);
    },
  ],
];

function carryOut(catalog: Catalog, sender: Sender, statement: string): void {
  for (const [pattern, work] of statements) {
    const [, ...parts] = pattern.exec(statement) ?? [""];
    if (!pattern.test(statement)) continue;
    if ([...catalog.locked].some((user) => statement.includes(`[${user.replaceAll("]", "]]")}]`)))
      throw new Refused(1_222);
    if (catalog.isReadOnly && !statement.startsWith("DECLARE")) throw new Refused(3_906);
    work(catalog, sender, parts);
    return;
  }
  throw new Refused(102);
}

/** Runs a batch on the catalog, and gives the tokens of its answer. A batch that is none of rekey's is a syntax error. */
export function runBatch(catalog: Catalog, sender: Sender, sql: string): Buffer {
  catalog.log.push(sql);
  // A driver's own settings, for its session.
  if (/^set [a-z_]+ /u.test(sql)) return done();
  const [, database, rest = sql] =
    new RegExp(`^USE ${name}; (.*)$`, "su").exec(sql.replace(/^SET LOCK_TIMEOUT 5000; /u, "")) ?? [];
  const statement = rest.replace(/^SET LOCK_TIMEOUT 5000; /u, "");
  try {
    if (database !== undefined) sender.database = unquoted(database);
    const [, select] =
      /^SELECT CAST\(\((.*) FOR JSON PATH, INCLUDE_NULL_VALUES\) AS nvarchar\(max\)\) AS answer$/su.exec(statement) ??
      [];
    if (select === undefined) {
      carryOut(catalog, sender, statement);
      return done();
    }
    const rows = rowsFor(catalog, sender, select);
    return answer(rows.length === 0 ? undefined : JSON.stringify(rows));
  } catch (error) {
    if (error instanceof Refused) return failed(error.number);
    throw error;
  }
}
