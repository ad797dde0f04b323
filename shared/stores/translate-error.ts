import type { ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import { isClockOff } from "./clock-skew.ts";
import { networkTrouble } from "./network-trouble.ts";

/** By (service, code): `LimitExceededException` is a quota here, though the SDK's generic table calls it a throttle. */
const byName: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: "access-denied",
  AccessDeniedException: "access-denied",
  AuthFailure: "credentials-refused",
  CredentialsProviderError: "credentials-missing",
  DecryptionFailure: "key-unusable",
  EncryptionFailure: "key-unusable",
  ExpiredToken: "credentials-expired",
  ExpiredTokenException: "credentials-expired",
  IncompleteSignature: "credentials-refused",
  IncompleteSignatureException: "credentials-refused",
  InternalServiceError: "store-unavailable",
  InvalidAccessKeyId: "credentials-refused",
  InvalidClientTokenId: "credentials-refused",
  InvalidSignatureException: "credentials-refused",
  InvalidToken: "credentials-refused",
  KMSAccessDeniedException: "key-denied",
  KMSDisabledException: "key-unusable",
  KMSInvalidStateException: "key-unusable",
  KMSNotFoundException: "key-unusable",
  LimitExceededException: "quota-exceeded",
  MissingAuthenticationToken: "credentials-missing",
  MissingAuthenticationTokenException: "credentials-missing",
  NotAuthorizedException: "credentials-refused",
  OptInRequired: "credentials-refused",
  ProviderError: "credentials-missing",
  RequestExpired: "clock-skewed",
  RequestInTheFuture: "clock-skewed",
  RequestTimeTooSkewed: "clock-skewed",
  ResourceExistsException: "version-conflict",
  ResourceNotFoundException: "secret-not-found",
  SignatureDoesNotMatch: "credentials-refused",
  ThrottledException: "store-throttled",
  Throttling: "store-throttled",
  ThrottlingException: "store-throttled",
  TokenProviderError: "credentials-missing",
  TokenRefreshRequired: "credentials-expired",
  TooManyRequestsException: "store-throttled",
  UnrecognizedClientException: "credentials-refused",
};

const field = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;

/** The error's AWS type, such as `ResourceNotFoundException`. */
export const awsErrorName = (error: unknown): string => {
  const name = field(error, "name");
  return typeof name === "string" ? name : "";
};

const statusOf = (error: unknown): number | undefined => {
  const status = field(field(error, "$metadata"), "httpStatusCode");
  return typeof status === "number" ? status : undefined;
};

/** AWS has one type of error for these and words alone to tell them apart. They are compared, and never passed on. */
const byWords: Readonly<Record<string, readonly (readonly [words: RegExp, code: ErrorCode])[]>> = {
  AccessDeniedException: [[/access to kms is not allowed|\bkms:Decrypt\b/i, "key-denied"]],
  DecryptionFailure: [[/access|not authorized|denied/i, "key-denied"]],
  InvalidRequestException: [
    [/\bkms key\b.*(disabled|pending|deletion|unusable|unavailable|invalid state)/i, "key-unusable"],
  ],
};

/** What only reads make of a refusal: to a write, a secret that is marked for deletion is one more that is refused. */
const readsByWords: typeof byWords = {
  InvalidRequestException: [[/marked for deletion|scheduled for deletion|currently marked deleted/i, "secret-deleted"]],
};

function codeOf(error: unknown, operation: string): ErrorCode | undefined {
  const name = awsErrorName(error);
  const message = String(field(error, "message") ?? "").slice(0, 2_000);
  const said = [
    ...(byWords[name] ?? []),
    ...(/^(?:Batch)?GetSecretValue$/.test(operation) ? (readsByWords[name] ?? []) : []),
  ];
  const code =
    said.find(([words]) => words.test(message))?.[1] ?? (Object.hasOwn(byName, name) ? byName[name] : undefined);
  return code === "credentials-refused" && isClockOff(error) ? "clock-skewed" : code;
}

/** What the SDK throws before it sends anything comes from the credentials' provider or the client's own settings. */
const neverSent = (error: unknown): boolean =>
  error instanceof Error && field(error, "$metadata") === undefined && field(error, "code") === undefined;

/** An SDK error as rekey's own: its type, status and the operation cross, its message does not. */
export function translateError(
  error: unknown,
  call: { readonly signal: AbortSignal },
  context: { readonly operation: string; readonly secret: string },
): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return new RekeyError("time-budget-spent", { context });
  const reason = awsErrorName(error);
  const status = statusOf(error);
  // STS and the like speak of the role that the process wants to have, in another protocol than Secrets Manager.
  if (reason === "AccessDenied" && field(error, "Type") !== undefined)
    return new RekeyError("credentials-refused", { context: { ...context, reason } });
  const known = codeOf(error, context.operation);
  if (known !== undefined) return new RekeyError(known, { context: { ...context, reason } });
  if (status !== undefined && status >= 400 && status < 500) {
    return new RekeyError("store-rejected", { context: { ...context, reason, status } });
  }
  const network = networkTrouble(error);
  if (network !== undefined) {
    const { code, ...told } = network;
    return new RekeyError(code, { context: { ...context, reason: told.reason }, hint: told.hint });
  }
  if (status === undefined && neverSent(error) && reason !== "TimeoutError" && reason !== "AbortError")
    return new RekeyError("credentials-missing", { context: { ...context, reason } });
  return new RekeyError("store-unavailable", { context: { ...context, reason, status } });
}
