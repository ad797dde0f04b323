import { isRekeyError, RekeyError } from "../../shared/errors/rekey-error.ts";
import { operatorHint } from "../../shared/operations/by-hand/operator-request.ts";

/** Of the system: a port that is taken, a file that is not there. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && "syscall" in error;

/** Of an error that is not rekey's, its name and the system's code alone: the rest may hold what it was called with. */
function faultOf(error: unknown): RekeyError {
  if (isRekeyError(error)) return new RekeyError("internal-fault", { context: { name: error.code } });
  if (!(error instanceof Error)) return new RekeyError("internal-fault", { context: { name: typeof error } });
  const code: unknown = Reflect.get(error, "code");
  const name = /^\w{1,60}$/.test(error.name) ? error.name : "Error";
  const isPlain = typeof code === "string" && /^[A-Z_]{1,40}$/.test(code);
  return new RekeyError("internal-fault", { context: { name, ...(isPlain ? { code } : {}) } });
}

/** What nothing awaited and nothing caught, in one line. */
export const faultText = (error: unknown): string => faultOf(error).message;

/** An error as it is printed: the code with its context, what to do, where more is said. */
export function failureText(error: unknown): readonly string[] {
  if (isSystemError(error)) return [error.message];
  const own = isRekeyError(error) ? error : faultOf(error);
  const { code, message, hint } = own;
  const more = operatorHint(own);
  return [message, hint, ...(more === undefined ? [] : [more]), `more: docs/runbook.md#${code}`];
}
