import { type CodeEntry, retry } from "./code-entry.ts";
import { CodedError, type RekeyErrorOptions } from "./coded-error.ts";
import type { ErrorCode } from "./codes.ts";
import { clientCodes } from "./codes/client.ts";
import { readingCodes } from "./codes/reading.ts";

export { type ErrorContext, isRekeyError } from "./coded-error.ts";

const entries = { ...readingCodes, ...clientCodes };

/** What the client, and what reads Secrets Manager for it, may raise. */
export type ReadingCode = keyof typeof entries;

/** Of a code that only a source of the service's own raises: its hint says the rest. */
const ofAnother = retry("the source failed", "look at the source");

/**
 * `RekeyError` with the texts of the codes that the client raises, and of no others: a service loads what it bundles. A source
 * may raise any other code with a hint of its own.
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
  constructor(code: ReadingCode, options?: RekeyErrorOptions);
  constructor(code: ErrorCode, options: RekeyErrorOptions & { readonly hint: string });
  constructor(code: ErrorCode, options: RekeyErrorOptions = {}) {
    const known: Readonly<Partial<Record<ErrorCode, CodeEntry>>> = entries;
    super(code, known[code] ?? ofAnother, options);
  }
}
