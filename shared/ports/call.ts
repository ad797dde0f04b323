/** What an engine learns about a user's account that is no error. Names and kinds only. */
export interface AccountNote {
  /** One of the doctor's findings. */
  readonly code: "password-hash-changes" | "password-hash-weak";
  readonly detail: Readonly<Record<string, string>>;
}

/**
 * Every call across a port is bounded by this signal, made from the time that the Lambda has left.
 *
 * @example
 * ```ts
 * const call: CallOptions = { signal: AbortSignal.timeout(5_000) };
 * ```
 */
export interface CallOptions {
  readonly signal: AbortSignal;
  /** Takes what is worth knowing about an account: the log of a rotation, the findings of the doctor. */
  readonly note?: (note: AccountNote) => void;
}
