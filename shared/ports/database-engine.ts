import type { TlsMode } from "../secrets/secret-fields.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { CallOptions } from "./call.ts";

export interface DatabaseTarget {
  /** The name of the secret that is rotated, as grants have it. */
  readonly secretName?: string;
  /** The ARN of the secret that is rotated, which no other secret has. */
  readonly secretArn?: string;
  readonly engine: string;
  /** Empty where the secret names its user by `userArn` and no server. */
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  /** The user's own ARN, where a service keeps it. */
  readonly userArn?: string;
  /** The database that holds the secret's users, where the server keeps users in databases and the secret says it. */
  readonly authSource?: string;
  /** Whose credentials the secret holds, where a user name is that of a credential. */
  readonly account?: string;
  readonly tls: { readonly mode: TlsMode; readonly ca?: string };
  /** How many servers the secret lists, this one included. */
  readonly listed?: number;
  /** The secret's `rekey:*` tags, for options that only one engine has. */
  readonly options: ReadonlyMap<string, string>;
}

export interface Credential {
  readonly username: string;
  readonly password: SecretValue;
  /** The database that holds this user, where that is not the target's. */
  readonly authSource?: string | undefined;
  /** The mechanism of SASL that the password is for, where a user has a password for each. */
  readonly saslMechanism?: string | undefined;
}

export type LoginRefusal = "bad-credential" | "expired" | "login-not-allowed";

export type Login<Session> =
  | { readonly ok: true; readonly session: Session }
  | {
      readonly ok: false;
      readonly refusal: LoginRefusal;
      /** What to do about it, where the engine knows more than the refusal says. */
      readonly hint?: string | undefined;
    };

/** One logged-in connection. Disposing closes it and never throws. */
export type DatabaseSession = AsyncDisposable;

/** What a session tells about its own user that no other session may see. */
export interface OwnAccount {
  /** The form in which the server keeps the user's password, in the server's own word. */
  readonly passwordHash?: string;
  /** Which of several accounts of one name the server took the session for, in the server's own word. */
  readonly account?: string;
}

/**
 * What a session of the user itself is asked before an admin changes that user or its pair.
 *
 * @example
 * ```ts
 * const hashOf = async (session: OwnAccountReading, call: CallOptions) => (await session.readOwnAccount(call)).passwordHash;
 * ```
 */
export interface OwnAccountReading {
  /** Changes nothing. Errors: `account-unsupported`, `database-read-only`, `option-invalid`, `pooler-keeps-password`. */
  readOwnAccount(call: CallOptions): Promise<OwnAccount>;
}

/** What is known about a user whose password is changed. */
export interface ChangeTerms {
  /** The user's credential that has just logged in; absent when an admin replaces a password that no version has. */
  readonly current?: Credential;
  /** What the session of that login told. */
  readonly own?: OwnAccount;
  /** Whether an admin can make the change in place of this session, which then leaves to it what it cannot check itself. */
  readonly hasAdmin?: boolean;
}

/**
 * What the single-user strategy needs.
 *
 * @example
 * ```ts
 * const change = async (session: PasswordChange, password: SecretValue, call: CallOptions) =>
 *   session.setPassword({ username: "orders", password }, call);
 * ```
 */
export interface PasswordChange {
  /**
   * Sets the password of this or another user, and changes nothing else of the account; where the engine allows it, the
   * server is given a hash and never the text. Errors: `account-unsupported`, with the `property` that stands in the way;
   * `database-rights-missing` also for what is left to an admin.
   */
  setPassword(credential: Credential, call: CallOptions, terms?: ChangeTerms): Promise<void>;
}

/**
 * Which passwords of a user are the secret's, for a server that keeps several without saying whose they are.
 *
 * @example
 * ```ts
 * const first: SecretPasswords = { wasRotated: false, earlier: async () => [] };
 * ```
 */
export interface SecretPasswords {
  /** Whether a rotation of the secret has succeeded, so that the password before the current one is the secret's. */
  readonly wasRotated: boolean;
  /** Passwords of the user that other versions of the secret hold. Asks the store, so only where it is needed. */
  earlier(): Promise<readonly SecretValue[]>;
}

/**
 * What the dual-password strategy needs: a user with two passwords that both log in. On a server where a user can have further
 * ones, those that are not the secret's stay. Errors: `account-unsupported`, with the `property` that stands in the way;
 * `database-rights-missing`.
 *
 * @example
 * ```ts
 * const moveOver = async (session: DualPasswords, current: Credential, next: Credential, call: CallOptions) => {
 *   await session.keepBoth(current, next, call);
 *   await session.keepOnly(next, call);
 * };
 * ```
 */
export interface DualPasswords {
  /** Makes these two passwords of one user log in; any older one of the secret stops. Idempotent. */
  keepBoth(current: Credential, next: Credential, call: CallOptions, own?: SecretPasswords): Promise<void>;
  /** Makes this password the secret's only one of its user. Idempotent. */
  keepOnly(credential: Credential, call: CallOptions, own?: SecretPasswords): Promise<void>;
}

/** What a session sees of a user. */
export interface UserFacts {
  /** Whether this session may change the user's password. */
  readonly mayBeChanged: boolean;
  /** Whether rekey made it as the alternate of the pair that it was asked about. */
  readonly isOurAlternate: boolean;
  readonly expiresAt?: Date;
  /** How many passwords the user has, where it has more than one. */
  readonly passwords?: number;
  /** Whether the servers log in to each other by this user. */
  readonly isUsedByServers?: boolean;
}

/** What a server says of itself before anything is changed. */
export interface ServerFacts {
  readonly version: string;
  readonly isSupported: boolean;
  readonly isReadOnly: boolean;
  readonly replicaLagMs?: number;
  /** How many servers share its data and have users of their own, itself included. */
  readonly nodes?: number;
  /** After so many refused logins the server locks the account. */
  readonly locksAfterRefusals?: number;
  /** Where users outlive a restart, for a server that may keep them in memory only; `unseen`: the session may not ask. */
  readonly usersKeptIn?: "file of users" | "configuration" | "nothing" | "unseen";
  /** Whether this session may have the server write its configuration. */
  readonly mayRewriteConfiguration?: boolean;
  /** How many accounts have the name of the first user asked about, where a server can have several. */
  readonly accountsOfFirst?: number | "unseen";
  /** Those of the users asked about that exist. */
  readonly users: ReadonlyMap<string, UserFacts>;
}

/**
 * What the doctor asks a session for, where the engine can tell. Changes nothing.
 *
 * @example
 * ```ts
 * const isPrimary = async (session: Inspection, call: CallOptions) => !(await session.inspect(["orders"], call)).isReadOnly;
 * ```
 */
export interface Inspection {
  inspect(usernames: readonly string[], call: CallOptions): Promise<ServerFacts>;
}

/** Two users of one database that stand for one service. */
export interface UserPair {
  /** Owns what either of the two makes, and holds the rights that both have. */
  readonly first: string;
  readonly alternate: string;
  /** Whether the function's owner granted the alternate, so that an existing user of that name may be taken into the pair. */
  readonly isGranted: boolean;
  /** What the session of the pair's current user told, where one has logged in. */
  readonly own?: OwnAccount;
}

/**
 * What the alternating-users strategy needs beyond a password change.
 *
 * @example
 * ```ts
 * const pair = { first: "orders", alternate: "orders_clone", isGranted: true };
 * const follow = async (session: UserPairing, password: SecretValue, call: CallOptions) =>
 *   session.syncPair(pair, { username: pair.alternate, password }, call);
 * ```
 */
export interface UserPairing {
  /**
   * Gives `next`, one of the pair, its password, and makes the alternate user where it is missing, so that both are equal
   * in everything except name and password. One transaction where the server has them, idempotent. Errors:
   * `account-unsupported`, with the `property` that cannot be copied, before anything is changed; `user-collision` when
   * the pair is not one that rekey made or the function's owner granted; `database-rights-missing`.
   */
  syncPair(pair: UserPair, next: Credential, call: CallOptions): Promise<void>;
}

/** A change that a step would make, with the arguments of the session's method of that name; `issue` is the issuer's. */
export type PlannedChange =
  | { readonly method: "setPassword"; readonly credential: Credential; readonly terms?: ChangeTerms | undefined }
  | { readonly method: "keepBoth"; readonly current: Credential; readonly next: Credential }
  | { readonly method: "keepOnly"; readonly credential: Credential }
  | { readonly method: "syncPair"; readonly pair: UserPair; readonly next: Credential }
  | { readonly method: "issue"; readonly current: Credential };

/**
 * What the doctor asks a session for in addition to the inspection, where the engine can.
 *
 * @example
 * ```ts
 * const wouldWork = async (session: Rehearsal, credential: Credential, call: CallOptions) =>
 *   session.rehearse({ method: "setPassword", credential }, call);
 * ```
 */
export interface Rehearsal {
  /**
   * Does what the method would do, in a transaction that is rolled back, or as far as the first statement that would change
   * something. Errors: those that the method would end in.
   */
  rehearse(change: PlannedChange, call: CallOptions): Promise<void>;
}

export interface EngineCapabilities {
  /** Whether a password that rekey sets reaches the server only as a hash. */
  readonly hashesPasswordOnClient: boolean;
}

/**
 * One kind of server: how rekey logs in to it, and what it can do.
 *
 * @example
 * ```ts
 * const logsIn = async (engine: DatabaseEngine, target: DatabaseTarget, credential: Credential, call: CallOptions) => {
 *   const login = await engine.login(target, credential, call);
 *   if (login.ok) await login.session[Symbol.asyncDispose]();
 *   return login.ok;
 * };
 * ```
 */
export interface DatabaseEngine<Session extends DatabaseSession = DatabaseSession> {
  readonly capabilities: EngineCapabilities;
  /** The `engine` names of the secret's JSON that this engine takes; none for one that takes any. */
  readonly names: readonly string[];
  readonly defaultPort: number;
  readonly defaultDatabase: string;
  readonly maxUsernameBytes: number;
  /** The alternate's name, where that is not the user's with the suffix behind it. Errors: `secret-malformed`. */
  readonly alternateName?: (username: string, suffix: string) => string;
  /**
   * Whether the session of a pair's user changes the other one by rights of the function's own, so that no admin is asked. What
   * was replaced then ends with the next rotation.
   */
  readonly pairsWithoutAdmin?: boolean;
  /** Whether it never ran on a real server. Then it begins no rotation of a secret whose tags do not accept that. */
  readonly isExperimental?: boolean;
  /** What else than a wrong password a server refuses in the same way, for whoever finds that no password logs in. */
  readonly refusedAlike?: string;
  /** The statements that each method of a session sends, with `…` in place of values, for a plan. */
  readonly plannedStatements?: Readonly<Record<string, readonly string[]>>;
  /**
   * The form in which the server keeps passwords from the next rotation on, as the secret's tags ask for it; `undefined`: each
   * user keeps the form that it has. Absent where an engine has no choice. Errors: `option-invalid`.
   */
  readonly passwordHash?: (options: ReadonlyMap<string, string>) => string | undefined;
  /**
   * The mechanism of SASL that the next password is for under dual passwords, where a user has one for each mechanism. Errors:
   * `secret-malformed`.
   */
  readonly dualMechanism?: (current: Credential) => string;
  /**
   * A wrong credential is a result. A refusal for another reason is one too, or an error with a hint of its own. An
   * unreachable, unverified or broken server is an error.
   */
  login(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Login<Session>>;
}
