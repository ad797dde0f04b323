import type { Disposition } from "./code-entry.ts";
import { codes, type ErrorCode } from "./codes.ts";

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
 * The one error that leaves rekey. It has no `cause`: foreign errors carry tokens and values (node-vault's does), so an
 * adapter copies allow-listed fields into `context` and drops the rest.
 *
 * @example
 * ```ts
 * import { RekeyError } from "rekey/client";
 *
 * const describe = (error: unknown): string =>
 *   error instanceof RekeyError ? `${error.code}: ${error.hint}` : "not an error of rekey";
 * ```
 */
export class RekeyError extends Error {
  override readonly name = "RekeyError";
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly hint: string;
  readonly retryAfterMs: number | undefined;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, options: RekeyErrorOptions = {}) {
    const entry = codes[code];
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
  }

  get [brand](): true {
    return true;
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
export const isRekeyError = (error: unknown, code?: ErrorCode): error is RekeyError =>
  error instanceof RekeyError && (code === undefined || error.code === code);
