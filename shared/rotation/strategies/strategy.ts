import type { DatabaseSecret } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { CallOptions, Credential, DatabaseTarget } from "../ports.ts";
import type { RotationPolicy, StrategyName } from "../rotation-policy.ts";

/** What a strategy may ask for while it works on one host; each is fetched only when it is needed. */
export interface StrategyContext {
  readonly target: DatabaseTarget;
  readonly policy: RotationPolicy;
  readonly call: CallOptions;
  /**
   * Credentials that may still log in when AWSCURRENT and AWSPENDING do not, for the same server: AWSPREVIOUS, then the
   * newest versions without a label. Few, since every refused login counts towards a lock-out.
   */
  earlier(): AsyncIterable<Credential>;
  /** Whether the secret has an admin. */
  readonly hasAdmin: boolean;
  /**
   * The admin's credentials: AWSCURRENT, and the next ones only when that was refused, since the admin's own rotation may
   * be under way. Errors: `admin-secret-refused`, `secret-not-found`.
   */
  admins(): AsyncIterable<Credential>;
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
  /** Makes the pending credential log in, while the current one is known or restored. Errors: `credential-orphaned`. */
  set(versions: Versions, context: StrategyContext): Promise<void>;
  /** Makes the current credential log in again, proven by a login, and the pending one stop. Errors: `credential-orphaned`. */
  restore(versions: Versions, context: StrategyContext): Promise<void>;
  /** Makes the credential that `current` replaced stop; absent where `set` has done so. */
  retire?(current: DatabaseSecret, context: StrategyContext, newPassword: () => SecretValue): Promise<void>;
}
