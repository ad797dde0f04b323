import type { DatabaseSecret } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import type { HeldConnection } from "../../ports/held-connections.ts";
import type { RotationPolicy, StrategyName } from "../rotation-policy.ts";

/** A credential with the server that the version which holds it names, and that version's TLS trust. */
export interface StoredLogin {
  readonly credential: Credential;
  readonly target: DatabaseTarget;
}

/**
 * Which sessions may put AWSCURRENT back. `pending`: AWSPENDING's own, which shows that the rotation had replaced it.
 * `any`: also an earlier version's and the admin's, where setSecret is known to have seen AWSCURRENT log in. `none`: it was
 * never seen to log in, so it is not installed.
 */
export type RestoreAuthority = "pending" | "any" | "none";

/** What a strategy may ask for while it works on one host; each is fetched only when it is needed. */
export interface StrategyContext {
  readonly target: DatabaseTarget;
  readonly policy: RotationPolicy;
  /** Whether a rotation of the secret has succeeded before. */
  readonly wasRotated: boolean;
  /** When one last succeeded, which is after AWSCURRENT moved. */
  readonly lastRotatedAt?: Date | undefined;
  readonly call: CallOptions;
  /** What may still log in when AWSCURRENT and AWSPENDING do not. Few, since each refused login counts toward a lock-out. */
  earlier(): AsyncIterable<StoredLogin>;
  /** AWSPREVIOUS's login; `undefined` where it may not be offered to this server, or is AWSCURRENT's. */
  replaced(): Promise<StoredLogin | undefined>;
  /** Whether the secret has an admin. */
  readonly hasAdmin: boolean;
  /**
   * The admin's logins: AWSCURRENT's, and the next ones only when that was refused, since the admin's own rotation may
   * be in progress. Errors: `admin-secret-refused`, `secret-not-found`.
   */
  admins(): AsyncIterable<StoredLogin>;
  /** Whether the function's owner gave this existing user to the secret. */
  isGranted(username: string): boolean;
}

export interface Versions {
  readonly current: DatabaseSecret;
  readonly pending: DatabaseSecret;
}

/**
 * How a database moves from one credential to the next, on one host. All methods are idempotent, so that a step can be
 * repeated after a crash at any point.
 */
export interface RotationStrategy {
  readonly name: StrategyName;
  /** Whether `set` makes the current credential stop. */
  readonly replacesCurrent: boolean;
  /** Whether `next` changes the server, so that it must not be called when AWSPENDING has a value. */
  readonly nextChangesServer: boolean;
  /** The value that AWSPENDING gets. */
  next(current: SecretValue, context: StrategyContext, newPassword: () => SecretValue): Promise<SecretValue>;
  /** The user that AWSPENDING must name, or `undefined` when the server says it. */
  expectedUsername(current: DatabaseSecret, policy: RotationPolicy): string | undefined;
  /** The mechanism of SASL that AWSPENDING must name, where that is another one than AWSCURRENT's. */
  expectedMechanism?(current: DatabaseSecret): string | undefined;
  /**
   * Makes the pending credential log in. `recovering` is awaited before anything is changed by another session than one of
   * AWSCURRENT's: from then on AWSCURRENT must not be installed. Errors: `credential-orphaned`.
   */
  set(versions: Versions, context: StrategyContext, recovering: () => Promise<void>): Promise<void>;
  /** Makes the current credential log in again, proven by a login, and the pending one stop. Errors: `credential-orphaned`. */
  restore(versions: Versions, context: StrategyContext, authority: RestoreAuthority): Promise<void>;
  /**
   * The connections that the server has for the credential that `current` replaced. `undefined`: the server does not tell, or not
   * to this session. Absent where both credentials are of one user, of whom nobody can say by which password.
   */
  held?(current: DatabaseSecret, context: StrategyContext): Promise<readonly HeldConnection[] | undefined>;
  /** Makes the credential that `current` replaced stop, once `current` has logged in; absent where `set` has done so. */
  retire?(current: DatabaseSecret, context: StrategyContext, newPassword: () => SecretValue): Promise<void>;
}
