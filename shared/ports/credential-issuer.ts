import type { CallOptions } from "./call.ts";
import type { Credential, DatabaseTarget } from "./database-engine.ts";

/** What is known of a secret beyond its AWSCURRENT. */
export interface IssuingHistory {
  /** When a rotation last succeeded, which is after AWSCURRENT moved. */
  readonly lastRotatedAt?: Date | undefined;
  /** What its other versions hold, asked for where it is needed. */
  readonly earlier?: () => AsyncIterable<{ readonly credential: Credential }>;
}

/**
 * What the issued strategy needs: a server that makes the credentials itself.
 *
 * @example
 * ```ts
 * const replace = async (issuer: CredentialIssuer, target: DatabaseTarget, current: Credential, call: CallOptions) => {
 *   const next = await issuer.issue(target, current, call);
 *   await issuer.revokeOthers(target, next, call);
 * };
 * ```
 */
export interface CredentialIssuer {
  /**
   * A credential to follow `current`. One that an earlier call made and that nothing has stored may be returned or
   * replaced: the call is repeated after a crash. Errors: `credential-refused`.
   */
  issue(target: DatabaseTarget, current: Credential, call: CallOptions, history?: IssuingHistory): Promise<Credential>;
  /** Further members of the secret's JSON that follow from a credential, by name. Errors: `secret-malformed`. */
  readonly computedMembers?: (
    members: Readonly<Record<string, unknown>>,
    credential: Credential,
  ) => Readonly<Record<string, unknown>>;
  /** Makes every credential but `keep` stop, where the server keeps more than one. Idempotent. */
  revokeOthers(target: DatabaseTarget, keep: Credential, call: CallOptions): Promise<void>;
}
