import type { ErrorCode } from "../errors/codes.ts";
import { RekeyError } from "../errors/rekey-error.ts";

/** By (service, code): `LimitExceededException` is a quota here, though the SDK's generic table calls it a throttle. */
const byName: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: "access-denied",
  AccessDeniedException: "access-denied",
  DecryptionFailure: "access-denied",
  EncryptionFailure: "access-denied",
  ExpiredTokenException: "access-denied",
  InternalServiceError: "store-unavailable",
  InvalidSignatureException: "access-denied",
  LimitExceededException: "quota-exceeded",
  ResourceExistsException: "version-conflict",
  ResourceNotFoundException: "secret-not-found",
  ThrottledException: "store-throttled",
  Throttling: "store-throttled",
  ThrottlingException: "store-throttled",
  TooManyRequestsException: "store-throttled",
  UnrecognizedClientException: "access-denied",
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

/** An SDK error as rekey's own: its type, status and the operation cross, its message does not. */
export function translateError(
  error: unknown,
  call: { readonly signal: AbortSignal },
  context: { readonly operation: string; readonly secret: string },
): RekeyError {
  if (error instanceof RekeyError) return error;
  if (call.signal.aborted) return new RekeyError("time-budget-spent", { context });
  const name = awsErrorName(error);
  const status = statusOf(error);
  const known = byName[name];
  if (known !== undefined) return new RekeyError(known, { context: { ...context, reason: name } });
  if (status !== undefined && status >= 400 && status < 500) {
    return new RekeyError("store-rejected", { context: { ...context, reason: name, status } });
  }
  return new RekeyError("store-unavailable", { context: { ...context, reason: name, status } });
}
