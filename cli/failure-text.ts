import { isRekeyError, RekeyError } from "../shared/errors/rekey-error.ts";

/** What the SDK says when it does not know who asks, or where: of the operator's settings, not of the service. */
const settings: Readonly<Record<string, string>> = {
  CredentialsProviderError: "no AWS credentials were found: say --profile, or log in (aws sso login)",
  Error: "if no region is set, say --region",
};

/** Of the system: a port that is taken, a file that is not there. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && "syscall" in error;

/** An error as it is printed: the code with its context, what to do, where more is said. Of a fault, its name alone. */
export function failureText(error: unknown): string {
  if (isSystemError(error)) return error.message;
  if (!isRekeyError(error)) {
    const name = error instanceof Error ? error.name : typeof error;
    return failureText(new RekeyError("internal-fault", { context: { name } }));
  }
  const { code, message, hint, context } = error;
  const own = code === "store-unavailable" ? settings[String(context["reason"])] : undefined;
  return [message, hint, ...(own === undefined ? [] : [own]), `more: docs/runbook.md#${code}`].join("\n");
}
