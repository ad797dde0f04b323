import { createHash, randomBytes } from "node:crypto";

/** What a server keeps of a right. */
export interface KeptRight {
  readonly class: string;
  readonly permission: string;
  readonly state: string;
  readonly schema: string | null;
  readonly object: string | null;
  readonly column: string | null;
}

interface Holder {
  name: string;
  sid: string;
  readonly roles: Set<string>;
  rights: readonly KeptRight[];
}

export interface KeptUser extends Holder {
  schema: string;
  ownsObjects: boolean;
  /** Of a contained user. */
  stored?: string;
}

export interface KeptLogin extends Holder {
  stored: string;
  type: string;
  isDisabled: boolean;
  database: string;
  language: string;
  checksPolicy: boolean;
  checksExpiration: boolean;
  hasCredential: boolean;
  ownsDatabase: boolean;
  ownsServerObjects: boolean;
  isExpired: boolean;
  /** Refused logins since the last one that went well. */
  refused: number;
  /** After so many refused logins the login is locked. */
  locksAfter: number;
}

/** As the server stores a password: a version, salt, and SHA-512 over UTF-16 and the salt. */
export function stored(password: string, salt = randomBytes(4)): string {
  const digest = createHash("sha512").update(Buffer.from(password, "utf16le")).update(salt).digest("hex");
  return `0x0200${salt.toString("hex")}${digest}`.toLowerCase();
}

export const opens = (hash: string, password: string): boolean =>
  hash.toLowerCase() === stored(password, Buffer.from(hash.slice(6, 14), "hex"));

export const right = (permission: string, state = "G", on: Partial<KeptRight> = {}): KeptRight => ({
  class: "SERVER",
  permission,
  state,
  schema: null,
  object: null,
  column: null,
  ...on,
});

const newSid = (): string => `0x${randomBytes(16).toString("hex").toUpperCase()}`;

export const newLogin = (name: string, password: string, sid = newSid()): KeptLogin => ({
  name,
  sid,
  stored: stored(password),
  type: "S",
  isDisabled: false,
  database: "master",
  language: "us_english",
  checksPolicy: true,
  checksExpiration: false,
  hasCredential: false,
  ownsDatabase: false,
  ownsServerObjects: false,
  isExpired: false,
  refused: 0,
  locksAfter: Number.POSITIVE_INFINITY,
  roles: new Set(),
  rights: [right("CONNECT SQL")],
});

export const newUser = (name: string, sid: string, schema = "dbo"): KeptUser => ({
  name,
  sid,
  schema,
  ownsObjects: false,
  roles: new Set(),
  rights: [right("CONNECT", "G", { class: "DATABASE" })],
});

/** Everything that the server of the tests keeps. */
export class Catalog {
  readonly logins = new Map<string, KeptLogin>();
  readonly databases = new Map<string, KeptUser[]>([
    ["master", []],
    ["orders", []],
  ]);
  isReadOnly = false;
  isBusy = false;
  /** Whose rows another session has locked. */
  readonly locked = new Set<string>();
  failedLogins = 0;
  readonly log: string[] = [];
  /** The session that has rekey's lock. */
  lockHolder: object | undefined;

  usersOf(sid: string): readonly (readonly [string, KeptUser])[] {
    return [...this.databases].flatMap(([database, users]) =>
      users.filter((user) => user.sid === sid).map((user) => [database, user] as const),
    );
  }

  /** The numbers of the errors that a login ends with; none for one that goes well. */
  logIn(username: string, password: string, database: string): readonly number[] {
    this.log.push(`login ${username}`);
    if (this.isBusy) return [17_809];
    const users = this.databases.get(database);
    const contained = users?.find((user) => user.name === username && user.stored !== undefined);
    const login = this.logins.get(username);
    const kept = contained?.stored ?? login?.stored;
    if (login !== undefined && login.refused >= login.locksAfter) return this.#refuse(login, 18_486);
    if (kept === undefined || !opens(kept, password)) return this.#refuse(login, 18_456);
    if (login?.isDisabled === true) return this.#refuse(login, 18_470);
    if (login?.isExpired === true) return this.#refuse(login, 18_487);
    if (database !== "" && users === undefined) return [4_060, 18_456];
    if (login !== undefined) login.refused = 0;
    return [];
  }

  #refuse(login: KeptLogin | undefined, number: number): readonly number[] {
    this.failedLogins += 1;
    if (login !== undefined) login.refused += 1;
    return [number];
  }
}
