import { randomBytes } from "node:crypto";
import { verifierOf } from "./verifier.ts";

/** What an Oracle does to a user's passwords, by its documentation: a model, and no Oracle. */
export interface User {
  /** Passwords that log in: the one set last, and before it the one that a rollover keeps. */
  passwords: readonly string[];
  /** All that it ever had. */
  readonly history: string[];
  readonly salt: Buffer;
  verifiers: readonly Buffer[];
  profile: string;
  isCommon: boolean;
  isExpired: boolean;
  isLocked: boolean;
  mayCreateSession: boolean;
  refusedLogins: number;
  /** Everything else that a user has. */
  readonly settings: Map<string, string>;
  readonly rights: Set<string>;
}

export interface Profile {
  readonly rolloverDays?: number;
  readonly failedLogins?: number;
  /** No further session of the user. */
  readonly isFull?: boolean;
  /** All that was set, as the catalog shows it. */
  readonly limits?: Readonly<Record<string, string>>;
  /** The password may not be one that the user had. */
  readonly forbidsReuse?: boolean;
  readonly verifies?: (password: string) => boolean;
}

/** An ORA error of a statement or a login. */
export class OraError extends Error {
  readonly number: number;
  constructor(number: number) {
    super(`ORA-${number}`);
    this.number = number;
  }
}

const mostPasswordBytes = 1_024;

/** The name of a user in a login, as the server keeps it. */
export const keptName = (name: string): string => /^"([^"]*)"$/.exec(name)?.[1] ?? name.toUpperCase();

export class Database {
  readonly service = "ORDERS.example.com";
  readonly users = new Map<string, User>();
  readonly profiles = new Map<string, Profile>([["DEFAULT", {}]]);
  readonly lines: string[] = [];
  readonly lockedUsers = new Set<string>();
  readonly busyUsers = new Set<string>();
  isReadOnly = false;
  refusedLogins = 0;

  create(name: string, password: string, profile = "DEFAULT"): User {
    const user: User = {
      passwords: [],
      history: [],
      salt: randomBytes(16),
      verifiers: [],
      profile,
      isCommon: false,
      isExpired: false,
      isLocked: false,
      mayCreateSession: true,
      refusedLogins: 0,
      settings: new Map([["DEFAULT_TABLESPACE", "USERS"]]),
      rights: new Set(),
    };
    this.users.set(name, user);
    this.#store(user, [password]);
    return user;
  }

  user(name: string): User {
    const user = this.users.get(name);
    if (user === undefined) throw new OraError(1918);
    return user;
  }

  expire(name: string): void {
    this.user(name).isExpired = true;
  }

  /** As an operator would set it: from now on it is the only one. */
  replace(name: string, password: string): void {
    this.#store(this.user(name), [password]);
  }

  accepts(name: string, password: string): boolean {
    const user = this.users.get(name);
    if (user === undefined || user.isLocked || user.isExpired) return false;
    return user.passwords.includes(password);
  }

  /** A login that was right (`isRight`) or not. Throws what the server answers in place of a session. */
  logIn(name: string, isRight: boolean): User {
    const user = this.users.get(name);
    if (user?.isLocked === true) throw this.#refuse(28000);
    if (user === undefined || !isRight) {
      if (user !== undefined) {
        user.refusedLogins += 1;
        user.isLocked = user.refusedLogins >= (this.#profileOf(user).failedLogins ?? Number.POSITIVE_INFINITY);
      }
      throw this.#refuse(1017);
    }
    if (user.isExpired) throw new OraError(28001);
    if (!user.mayCreateSession) throw new OraError(1045);
    if (this.busyUsers.has(name) || this.#profileOf(user).isFull === true) throw new OraError(2391);
    user.refusedLogins = 0;
    return user;
  }

  /** The message of a login that changes the password of its own user. */
  changeOwn(name: string, old: string, next: string): void {
    this.lines.push(`CHANGE PASSWORD OF ${name}`);
    const user = this.user(name);
    if (!user.passwords.includes(old)) throw new OraError(28008);
    this.#set(name, next);
  }

  /** The rows of a query; none for a statement that changes something. */
  run(as: string, sql: string): readonly (readonly (string | null)[])[] {
    this.lines.push(sql);
    const session = this.user(as);
    if (sql.endsWith("FROM USER_USERS")) return [this.#row(session)];
    if (sql.includes("FROM SESSION_PRIVS")) return session.rights.has("ALTER USER") ? [["ALTER USER"]] : [];
    if (sql.includes("'DATABASE_ROLE'")) return [[this.isReadOnly ? "PHYSICAL STANDBY" : "PRIMARY"]];
    if (sql.includes("FROM DBA_USERS")) return this.#anyUser(session, sql);
    const [, name, work = ""] = /^ALTER USER "([^"]+)" (.*)$/s.exec(sql) ?? [];
    if (name === undefined) throw new OraError(900);
    if (name !== as && !session.rights.has("ALTER USER")) throw new OraError(1031);
    if (work === "EXPIRE PASSWORD ROLLOVER PERIOD") this.#endRollover(name);
    else {
      const [, password] = /^IDENTIFIED BY "([^"\0]+)"$/.exec(work) ?? [];
      if (password === undefined) throw new OraError(922);
      this.#set(name, password);
    }
    return [];
  }

  #refuse(number: number): OraError {
    this.refusedLogins += 1;
    return new OraError(number);
  }

  #profileOf({ profile }: User): Profile {
    return this.profiles.get(profile) ?? {};
  }

  #anyUser(session: User, sql: string): readonly (readonly (string | null)[])[] {
    if (!session.rights.has("SELECT_CATALOG_ROLE")) throw new OraError(942);
    const [, quoted = ""] = /U\.USERNAME = '((?:[^']|'')*)'$/.exec(sql) ?? [];
    const user = this.users.get(quoted.replaceAll("''", "'"));
    return user === undefined ? [] : [this.#row(user)];
  }

  #row(user: User): readonly (string | null)[] {
    const status = user.passwords.length > 1 ? "OPEN & IN ROLLOVER" : "OPEN";
    const { rolloverDays = 0 } = this.#profileOf(user);
    return [status, user.isCommon ? "YES" : "NO", "PASSWORD", null, String(rolloverDays)];
  }

  #requireChange(name: string): User {
    if (this.isReadOnly) throw new OraError(16000);
    if (this.lockedUsers.has(name)) throw new OraError(54);
    return this.user(name);
  }

  #set(name: string, password: string): void {
    const user = this.#requireChange(name);
    const { rolloverDays = 0, forbidsReuse = false, verifies = () => true } = this.#profileOf(user);
    if (Buffer.byteLength(password) > mostPasswordBytes) throw new OraError(972);
    if (!verifies(password)) throw new OraError(28003);
    if (forbidsReuse && user.history.includes(password)) throw new OraError(28007);
    // The first password of a rollover stays until it ends, however many follow.
    const [kept = ""] = user.passwords;
    this.#store(user, rolloverDays > 0 ? [kept, password] : [password]);
  }

  #endRollover(name: string): void {
    const user = this.#requireChange(name);
    this.#store(user, user.passwords.slice(-1));
  }

  #store(user: User, passwords: readonly string[]): void {
    user.passwords = passwords;
    user.isExpired = false;
    user.history.push(...passwords);
    user.verifiers = passwords.map((password) => verifierOf(password, user.salt));
  }
}
