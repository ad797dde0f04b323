import type { SecretValue } from "../secrets/secret-value.ts";
import type { CallOptions } from "./call.ts";

/** A user as its cache service tells of it, which never tells a password. */
export interface CacheUser {
  readonly arn: string;
  /** What clients log in with. */
  readonly username: string;
  /** The service's own word, such as `active`, `modifying` and `deleting`. */
  readonly status: string;
  /** The service's own word: `password`, `no-password` or `iam`. */
  readonly authentication: string;
  /** How many passwords it has; the service keeps up to two. */
  readonly passwords: number;
}

/**
 * The users of a cache service of AWS, which changes them by an API of its own.
 *
 * @example
 * ```ts
 * const exists = async (users: CacheUsers, arn: string, call: CallOptions) =>
 *   (await users.describe(arn, call)) !== "absent";
 * ```
 */
export interface CacheUsers {
  /** `absent`: there is no such user. Errors: `access-denied`, and what stands between here and the service. */
  describe(arn: string, call: CallOptions): Promise<CacheUser | "absent">;
  /**
   * Makes these one or two passwords the user's only ones, and sends nothing else of the user. They travel as text, over TLS.
   * `busy`: another change of the user is in progress, and nothing was done. An accepted change takes effect while the status is
   * `modifying`. Errors: those of `describe`; `credential-refused` where there is no such user; `account-unsupported` for
   * passwords that the service does not take.
   */
  setPasswords(arn: string, passwords: readonly SecretValue[], call: CallOptions): Promise<"accepted" | "busy">;
}
