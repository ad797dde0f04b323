import { CodedError } from "../../errors/coded-error.ts";

/** What the place of failure says is best to do, else what a service can do about it. */
const hintOf = ({ hint, entry }: CodedError): string => (hint === entry.hint && entry.readerHint) || hint;

/** The error with the secret's name and the operation in its context, and with a hint for a service. */
export function aboutSecret(secret: string, error: CodedError): CodedError {
  const { code, context, entry, retryAfterMs } = error;
  const hint = hintOf(error);
  if (context["secret"] !== undefined && context["operation"] !== undefined && hint === error.hint) return error;
  return new CodedError(code, entry, {
    context: { secret, operation: "read", ...context },
    hint,
    ...(retryAfterMs && { retryAfterMs }),
  });
}
