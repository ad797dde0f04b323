/** UserNotFound, AuthenticationFailed, MechanismUnavailable. Source: MongoDB's error_codes.yml; FerretDB and DocumentDB use 18. */
const refusals: ReadonlySet<unknown> = new Set([11, 18, 334]);
/** AtlasError: Atlas answers a refused login with a code that it also has for other faults. */
const atlasError = 8000;

/** The server's code of an error of the driver. */
export const serverCode = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, "code") : undefined;

/** Whether an error of a login says that the server refused the credential. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  (refusals.has(serverCode(error)) || (serverCode(error) === atlasError && /\bauth/i.test(error.message)));
