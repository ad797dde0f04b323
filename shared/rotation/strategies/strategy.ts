import type { DatabaseSecret } from "../../secrets/database-secret.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { CallOptions, Credential, DatabaseTarget } from "../ports.ts";
import type { RotationPolicy, StrategyName } from "../rotation-policy.ts";

/** What a strategy may ask for while it works; each is fetched only when it is needed. */
export interface StrategyContext {
  readonly target: DatabaseTarget;
  readonly policy: RotationPolicy;
  readonly call: CallOptions;
  /**
   * Credentials that may still log in when AWSCURRENT and AWSPENDING do not, for the same server: AWSPREVIOUS, then the
   * newest versions without a label. Few, since every refused login counts towards a lock-out.
   */
  earlier(): AsyncIterable<Credential>;
  /** The admin's credential, or undefined where the secret has none. Errors: `admin-secret-refused`. */
  admin(): Promise<Credential | undefined>;
}

export interface Versions {
  readonly current: DatabaseSecret;
  readonly pending: DatabaseSecret;
}

/**
 * How a database moves from one credential to the next. `next` is pure; the others contact the database and are
 * idempotent, so that a step can be repeated after a crash at any point.
 */
export interface RotationStrategy {
  readonly name: StrategyName;
  /** The value that AWSPENDING gets. */
  next(current: SecretValue, policy: RotationPolicy, password: SecretValue): SecretValue;
  /** The user that AWSPENDING must name. */
  expectedUsername(current: DatabaseSecret, policy: RotationPolicy): string;
  /** Makes the pending credential log in, while the current one is known or restored. Errors: `credential-orphaned`. */
  set(versions: Versions, context: StrategyContext): Promise<void>;
  /** Makes the current credential log in again, proven by a login. Errors: `credential-orphaned`. */
  restore(versions: Versions, context: StrategyContext): Promise<void>;
}
