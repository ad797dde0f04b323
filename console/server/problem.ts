import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode } from "../../shared/errors/codes.ts";
import { isRekeyError } from "../../shared/errors/rekey-error.ts";
import { operatorHint } from "../../shared/operations/by-hand/operator-request.ts";
import type { Problem } from "../contract.ts";

/** Every other code is a failure of AWS, Vault or a database server: 502. */
const statuses: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  "option-invalid": 400,
  "access-denied": 403,
  "key-denied": 403,
  "secret-not-found": 404,
  "rollback-refused": 409,
  "rotated-elsewhere": 409,
  "rotation-disabled": 409,
  "rotation-under-way": 409,
  "secret-binary": 422,
  "secret-malformed": 422,
  "time-budget-spent": 504,
};

export const problem = (context: Context, status: ContentfulStatusCode, text: Problem): Response =>
  context.json(text, status);

/** Of an error that is not rekey's, the name alone is shown: the message may hold a value. */
export function problemText(error: unknown): Problem {
  if (isRekeyError(error)) {
    const { code, message, hint } = error;
    return { code, message, hint: operatorHint(error) ?? hint };
  }
  const name = error instanceof Error ? error.name : "no error";
  return {
    code: "internal-fault",
    message: `internal-fault: the console met an error of its own (${name})`,
    hint: "repeat it on the command line; please report it if it persists",
  };
}

export const problemOf = (error: Error, context: Context): Response =>
  problem(context, isRekeyError(error) ? (statuses[error.code] ?? 502) : 500, problemText(error));
