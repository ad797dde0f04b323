import { CodedError, type RekeyErrorOptions } from "./coded-error.ts";
import { codes, type ErrorCode } from "./codes.ts";

export { type ErrorContext, isRekeyError, type RekeyErrorOptions } from "./coded-error.ts";

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
export class RekeyError extends CodedError {
  constructor(code: ErrorCode, options: RekeyErrorOptions = {}) {
    super(code, codes[code], options);
  }
}
