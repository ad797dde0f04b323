import type { CallOptions } from "./call.ts";
import type { Credential } from "./database-engine.ts";

/** Whose keys they are. */
export interface KeyOwner {
  readonly arn: string;
  readonly tags: ReadonlyMap<string, string>;
}

export interface AccessKey {
  readonly id: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
}

/** The last call that was signed with a key, as far as is known: that may be hours behind. */
export interface KeyUse {
  readonly at: Date;
  /** The service that was called, such as `s3`. */
  readonly service: string;
}

/**
 * Who signs with a key. `unknown`: there is no such key, it is not active, or it is so new that not everyone knows it yet.
 * `wrong`: the key is known, and its secret is another.
 */
export type KeyIdentity = { readonly arn: string } | "unknown" | "wrong";

/**
 * The access keys of users, two for each at most. Errors: `access-denied`, `aws-refused`, `quota-exceeded`,
 * `credentials-missing` and its like, `time-budget-spent`.
 *
 * @example
 * ```ts
 * const isUsed = async (keys: AccessKeys, { id }: AccessKey, call: CallOptions) =>
 *   (await keys.lastUse(id, call)) !== undefined;
 * ```
 */
export interface AccessKeys {
  /** None: there is no such user. */
  owner(user: string, call: CallOptions): Promise<KeyOwner | undefined>;
  list(user: string, call: CallOptions): Promise<readonly AccessKey[]>;
  /** None: no use is known. */
  lastUse(keyId: string, call: CallOptions): Promise<KeyUse | undefined>;
  /** Not idempotent, so it is sent once. Errors: `quota-exceeded` where the user has two keys. */
  create(user: string, call: CallOptions): Promise<Credential>;
  /** Idempotent, also for a key that is gone. */
  deactivate(user: string, keyId: string, call: CallOptions): Promise<void>;
  /** Idempotent. */
  remove(user: string, keyId: string, call: CallOptions): Promise<void>;
  /** Sets these tags of the user, and leaves the others. Idempotent. */
  tag(user: string, tags: Readonly<Record<string, string>>, call: CallOptions): Promise<void>;
  /** Asks with a request that the key signs. */
  identity(key: Credential, call: CallOptions): Promise<KeyIdentity>;
}
