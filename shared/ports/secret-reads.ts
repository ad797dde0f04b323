import type { CallOptions } from "./call.ts";

/** What one principal read of a secret. */
export interface ReadsOfPrincipal {
  /** The role or user that read, without the session; or the AWS service. */
  readonly principal: string;
  readonly count: number;
  readonly lastAt: Date;
}

/**
 * Who read a secret.
 *
 * @example
 * ```ts
 * const readers = async (reads: SecretReads, secret: { secretArn: string; name: string }, call: CallOptions) =>
 *   (await reads.of(secret, new Date(0), call)).readers.map(({ principal }) => principal);
 * ```
 */
export interface SecretReads {
  /**
   * Reads that succeeded since then, by principal. `since`: how far back the answer is complete, which may be later than
   * asked. Errors: `records-unavailable`, `access-denied`, `time-budget-spent`.
   */
  of(
    secret: { readonly secretArn: string; readonly name: string },
    since: Date,
    call: CallOptions,
  ): Promise<{ readonly readers: readonly ReadsOfPrincipal[]; readonly since: Date }>;
}
