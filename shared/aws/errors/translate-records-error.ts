import { RekeyError } from "../../errors/rekey-error.ts";

/** An SDK error of CloudTrail or CloudWatch Logs as rekey's own: its type crosses, its message does not. */
export function translateError(
  error: unknown,
  { signal }: { readonly signal: AbortSignal },
  context: { readonly operation: string; readonly secret: string },
): RekeyError {
  const reason = error instanceof Error ? error.name : "unknown";
  const code = signal.aborted
    ? "time-budget-spent"
    : /AccessDenied|NotAuthorized|UnrecognizedClient|ExpiredToken|InvalidSignature/.test(reason)
      ? "access-denied"
      : "records-unavailable";
  return new RekeyError(code, { context: { ...context, reason } });
}
