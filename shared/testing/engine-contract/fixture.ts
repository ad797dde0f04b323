import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { DatabaseEngine } from "../../ports/database-engine.ts";
import type { StrategyName } from "../../rotation/rotation-policy.ts";

/** A user of the server with the password that it has now. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** Members of a secret's JSON. */
export type SecretFields = Readonly<Record<string, unknown>>;

/** What may befall one user's rotation on the server; each must end in its own code. */
export type Hardship = "locked" | "busy" | "read-only" | "expired";

/** PEM texts of a server's certificate and its key. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A property that an account may have beside name and password, such as a connection limit. */
export interface AccountProperty {
  /** Gives it to a user, as an operator would. */
  give(username: string): Promise<void>;
  /** The strategies that refuse an account with it before anything is changed, by this name; default: none. */
  readonly refusedBy?: readonly StrategyName[];
}

/** A real server, which the suite may do to what it likes. */
export interface EngineServer {
  readonly host: string;
  readonly port: number;
  /** What secrets have as the host in place of `127.0.0.1`, where the fixture's engine is led to loopback by that name. */
  readonly hostInSecrets?: string;
  /** The secret's members beside `host`, `port`, `username` and `password`, without TLS: `{ engine, dbname, ssl: false }`. */
  readonly fields: SecretFields;
  /** The admin secret's credential; absent where no variant uses an admin. It may change every user made here. */
  readonly admin?: Account;
  /** What a secret's `username` is for a user of this name, where that is more than the name. */
  usernameOf?(name: string): string;
  /** Makes a user that may log in. Returns further members of its secret, or others in place of the usual ones; `{}` for none. */
  createUser(account: Account): Promise<SecretFields>;
  /** Changes a user's password by hand, as an operator would: from now on it is the only one. */
  changePassword(account: Account): Promise<void>;
  /** Whether the server lets this account in now, asked for without the engine under test. */
  accepts(account: Account): Promise<boolean>;
  /**
   * Where another store than Secrets Manager is the authority: whether what it holds for this user logs in. Then nobody is
   * locked out in the moment before Secrets Manager has it.
   */
  logsInElsewhere?(username: string): Promise<boolean>;
  /** Everything that the server wrote down since its start: log, statement log, slow log, statistics views. */
  logs(): Promise<string>;
  /** How many logins the server has refused since its start, by its own log or counter. */
  failedLogins(): Promise<number>;
  /** Puts a hardship on the rotation of this user, until it is disposed. */
  readonly hardships: Readonly<Partial<Record<Hardship, (username: string) => Promise<AsyncDisposable>>>>;
  /** Every property that an account can have on this server, by the name that `account-unsupported` gives it. */
  readonly accountProperties?: Readonly<Record<string, AccountProperty>>;
  /**
   * What the server's own catalog says about a user, its siblings of the same name included, in lines: everything but the
   * password, what follows from its change, and the user's own name, which is written as `<user>`.
   */
  describeAccount?(username: string): Promise<readonly string[]>;
  /**
   * What the two of a pair must have alike, asked for by a session of the account itself where the catalog keeps the pair
   * different; default: `describeAccount`.
   */
  describeInEffect?(account: Account): Promise<readonly string[]>;
  /** Members that make a secret name a database which does not exist. */
  readonly unknownDatabase?: SecretFields;
  /** Makes the server lock a user out after so many refused logins in a row. */
  lockOutAfter?(refusals: number): Promise<void>;
  /** Ends the server and removes what it left. */
  stop(): Promise<void>;
}

/** One way to rotate on this engine. */
export interface Variant {
  readonly strategy: StrategyName;
  /** Whether the secret names the admin secret. */
  readonly usesAdmin: boolean;
  /** Further tags of the secret, such as `rekey:change-at`. */
  readonly tags?: Readonly<Record<string, string>>;
}

export type Clause =
  | "healthy"
  | "lock-out"
  | "clear-text"
  | "tls"
  | "tls-absent"
  | "tls-not-verified"
  | "clear-password-asked"
  | "black-hole"
  | "silent"
  | "unknown-database"
  | Hardship
  | "killed"
  | "given-up"
  | "at-once"
  | "rolled-back"
  | "tampered"
  | "changed-by-hand"
  | "retired"
  | "held"
  | "nothing-else-changed"
  | "awkward-names";

/** Why an engine cannot keep a clause; the suite prints it. */
export interface Exemption {
  readonly clause: Clause;
  /** Undefined: every strategy. */
  readonly strategy?: StrategyName;
  readonly reason: string;
}

/** An engine, and how to start a server for it. */
export interface EngineFixture {
  /** Engine and version, such as `PostgreSQL 18`. */
  readonly name: string;
  readonly engine: DatabaseEngine;
  readonly strategies: RotationDependencies["strategies"];
  readonly variants: readonly [Variant, ...Variant[]];
  readonly exemptions?: readonly Exemption[];
  /** A name that no user has yet; default: `app_` and eight random letters. */
  freshName?(): string;
  /** Characters that the server takes in no user's name. */
  readonly notInNames?: RegExp;
  /** With a certificate, the server offers TLS with it; it may still take connections without. */
  start(certificate?: ServerCertificate): Promise<EngineServer>;
  /** Opens a connection of the account's as a client does; for engines that tell of connections. */
  hold?(server: EngineServer, account: Account): Promise<AsyncDisposable>;
  /** On a fresh connection, as a server without TLS: speaks just enough of the protocol to ask for the password in clear. */
  readonly askForClearPassword?: (socket: Socket) => void;
}

export const freshName = (fixture: EngineFixture): string => fixture.freshName?.() ?? `app_${randomUUID().slice(0, 8)}`;

export const variantName = ({ strategy, tags = {} }: Variant): string =>
  [strategy, ...Object.entries(tags).map(([tag, value]) => `${tag}=${value}`)].join(", ");
