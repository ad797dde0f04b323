import { type ErrorContext, type ReadingCode, RekeyError } from "../../errors/reading-error.ts";
import { isClockOff, member } from "./clock-skew.ts";
import { networkTrouble } from "./network-trouble.ts";

/**
 * Names of AWS's errors, without the `Exception` that some protocols put behind them. By (service, code):
 * `LimitExceededException` is a quota here, though the SDK's generic table calls it a throttle.
 */
const names: Readonly<Partial<Record<ReadingCode, string>>> = {
  "access-denied": "AccessDenied",
  "clock-skewed": "RequestExpired RequestInTheFuture RequestTimeTooSkewed",
  "credentials-expired": "ExpiredToken TokenRefreshRequired",
  "credentials-missing": "CredentialsProviderError MissingAuthenticationToken ProviderError TokenProviderError",
  "credentials-refused":
    "IncompleteSignature InvalidAccessKeyId InvalidClientTokenId InvalidSignature InvalidToken NotAuthorized OptInRequired SignatureDoesNotMatch UnrecognizedClient",
  "key-denied": "KMSAccessDenied",
  "key-unusable": "DecryptionFailure EncryptionFailure KMSDisabled KMSInvalidState KMSNotFound",
  "quota-exceeded": "LimitExceeded",
  "secret-not-found": "ResourceNotFound",
  "store-throttled": "Throttled Throttling TooManyRequests",
  "store-unavailable": "InternalServiceError",
  "version-conflict": "ResourceExists",
};
const byName = new Map(
  Object.entries(names).flatMap(([code, list]) => list.split(" ").map((name) => [name, code as ReadingCode] as const)),
);

/** The error's AWS type, such as `ResourceNotFoundException`. */
export const awsErrorName = (error: unknown): string => {
  const name = member(error, "name");
  return typeof name === "string" ? name : "";
};

const statusOf = (error: unknown): number | undefined => {
  const status = member(member(error, "$metadata"), "httpStatusCode");
  return typeof status === "number" ? status : undefined;
};

/** AWS has one type of error for these and words alone to tell them apart. They are compared, and never passed on. */
const byWords: readonly (readonly [name: string, words: RegExp, code: ReadingCode])[] = [
  ["AccessDeniedException", /access to kms|kms:Decrypt/i, "key-denied"],
  ["CredentialsProviderError", /expired/i, "credentials-expired"],
  ["TokenProviderError", /expired/i, "credentials-expired"],
  ["InvalidSignatureException", /signature (expired|not yet)/i, "clock-skewed"],
  ["DecryptionFailure", /access|not authorized|denied/i, "key-denied"],
  ["InvalidRequestException", /kms key.*(disabled|deletion|unavailable|invalid)/i, "key-unusable"],
];
/** To a write, a secret that is marked for deletion is one more that is refused. */
const deleted = /(marked|scheduled) for deletion|currently marked deleted/i;

function codeOf(error: unknown, operation: string): ReadingCode | undefined {
  const name = awsErrorName(error);
  const said = member(error, "message");
  const message = typeof said === "string" ? said.slice(0, 2_000) : "";
  const isRead = operation.endsWith("GetSecretValue");
  if (isRead && name === "InvalidRequestException" && deleted.test(message)) return "secret-deleted";
  const told = byWords.find(([of, words]) => of === name && words.test(message))?.[2];
  const code = told ?? byName.get(name.replace(/Exception$/, ""));
  return code === "credentials-refused" && isClockOff(error) ? "clock-skewed" : code;
}

/** What the SDK throws before it sends anything comes from the credentials' provider or the client's own settings. */
const neverSent = (error: unknown): boolean =>
  error instanceof Error && member(error, "$metadata") === undefined && member(error, "code") === undefined;

/** An SDK error as rekey's own: its type, status and the operation cross, its message does not. */
export function translateError(
  error: unknown,
  call: { readonly signal: AbortSignal },
  context: { readonly operation: string } & ErrorContext,
): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return new RekeyError("time-budget-spent", { context });
  const reason = awsErrorName(error);
  const status = statusOf(error);
  const translated = (code: ReadingCode, more?: ErrorContext, hint?: string): RekeyError =>
    new RekeyError(code, { context: { ...context, reason, ...more }, hint });
  // STS and the like speak of the role that the process wants to have, in another protocol than Secrets Manager.
  if (reason === "AccessDenied" && member(error, "Type") !== undefined) return translated("credentials-refused");
  const known = codeOf(error, context.operation);
  if (known !== undefined) return translated(known);
  if (status !== undefined && status >= 400 && status < 500) return translated("store-rejected", { status });
  const network = networkTrouble(error);
  if (network !== undefined) return translated(network.code, { reason: network.reason }, network.hint);
  if (status === undefined && neverSent(error) && reason !== "TimeoutError" && reason !== "AbortError")
    return translated("credentials-missing");
  return translated("store-unavailable", { status });
}
