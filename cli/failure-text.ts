import { isRekeyError, RekeyError } from "../shared/errors/rekey-error.ts";
import { operatorHint } from "../shared/operations/operator-hint.ts";

/** Of the system: a port that is taken, a file that is not there. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && "syscall" in error;

/** An error as it is printed: the code with its context, what to do, where more is said. Of a fault, its name alone. */
export function failureText(error: unknown): string {
  if (isSystemError(error)) return error.message;
  if (!isRekeyError(error)) {
    const name = error instanceof Error ? error.name : typeof error;
    return failureText(new RekeyError("internal-fault", { context: { name } }));
  }
  const { code, message, hint } = error;
  const own = operatorHint(error);
  return [message, hint, ...(own === undefined ? [] : [own]), `more: docs/runbook.md#${code}`].join("\n");
}
