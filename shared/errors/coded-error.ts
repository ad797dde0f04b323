import type { CodeEntry, Disposition } from "./code-entry.ts";
import type { ErrorCode } from "./codes.ts";

/** Only what may be printed: names, ids, numbers. Never a value and never a foreign error. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

export interface RekeyErrorOptions {
  readonly context?: ErrorContext;
  /** In place of the table's hint, where the place of failure knows a better next step. */
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number;
}

/** The same for each copy of rekey in a process: bundlers make one for each of their bundles. */
const brand = Symbol.for("rekey.error");

/**
 * What every error of rekey is, whatever table its code's texts come from: `RekeyError` of rekey-error.ts has all of them, and
 * that of reading-error.ts those that the client and what reads Secrets Manager raise.
 */
export class CodedError extends Error {
  override readonly name = "RekeyError";
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;
  readonly context: ErrorContext;
  readonly #entry: CodeEntry;

  constructor(code: ErrorCode, entry: CodeEntry, options: RekeyErrorOptions) {
    const details = Object.entries(options.context ?? {})
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(" ");
    super(`${code}: ${entry.meaning}${details === "" ? "" : ` (${details})`}`);
    this.code = code;
    this.disposition = entry.disposition;
    this.hint = options.hint ?? entry.hint;
    this.retryAfterMs = options.retryAfterMs;
    this.context = options.context ?? {};
    this.#entry = entry;
  }

  get [brand](): true {
    return true;
  }

  /** The texts of its code, as the table has them. */
  get entry(): CodeEntry {
    return this.#entry;
  }

  /** Knows the errors of another copy of rekey, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Reflect.get(Object(value), brand) === true;
  }
}

/**
 * Whether it is an error of rekey, and of that code where one is given.
 *
 * @example
 * ```ts
 * import { isRekeyError } from "rekey/client";
 *
 * const isMissing = (error: unknown): boolean => isRekeyError(error, "secret-not-found");
 * ```
 */
export const isRekeyError = (error: unknown, code?: ErrorCode): error is CodedError =>
  error instanceof CodedError && (code === undefined || error.code === code);
