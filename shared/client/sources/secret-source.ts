import type { RekeyError } from "../../errors/reading-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";

export type Stage = "AWSCURRENT" | "AWSPENDING" | "AWSPREVIOUS";

export interface SourceVersion {
  readonly versionId: string;
  readonly value: SecretValue;
}

/** A version as a source gives it. */
export interface SourceAnswer extends SourceVersion {
  /** Of two versions the later one is the newer one. A source that does not know it leaves it out. */
  readonly createdAt?: Date;
  /** The secret's full ARN: a notice about a secret of this name in another account is then not taken for its own. */
  readonly secretArn?: string;
  /** It comes from a replica, because the primary did not answer. */
  readonly fromReplica?: boolean;
}

export type SourceSelector = { readonly label: Stage } | { readonly versionId: string };

export interface SourceCall {
  readonly signal: AbortSignal;
}

/**
 * Where the client reads: rekey's Secrets Manager store fits as it is.
 *
 * @example
 * ```ts
 * import { type SecretSource, SecretValue } from "rekey/client";
 *
 * const source: SecretSource = {
 *   read: async (secretId) => ({ versionId: "1", value: new SecretValue(`the value of ${secretId}`) }),
 * };
 * ```
 */
export interface SecretSource {
  /** `undefined`: no such version. Rejects with a `RekeyError`. */
  read(secretId: string, at: SourceSelector, call: SourceCall): Promise<SourceAnswer | undefined>;
  /** AWSCURRENT of up to `readManyLimit` secrets in one request; by id, each with its own outcome. */
  readMany?(
    secretIds: readonly string[],
    call: SourceCall,
  ): Promise<ReadonlyMap<string, SourceAnswer | RekeyError | undefined>>;
}

/** BatchGetSecretValue takes no more. */
export const readManyLimit = 20;
