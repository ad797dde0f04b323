import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";

interface Cause {
  /** Node's and OpenSSL's codes. */
  readonly codes: RegExp;
  /** The message, where mysql2 put its own code in the place of Node's. */
  readonly message: RegExp;
  readonly reason: string;
  readonly hint: string;
}

/** Why a connection was not made, where more is known than the driver's error says. Names, codes and numbers only. */
export interface Explanation {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | undefined>>;
  readonly hint?: string;
}

/** The error that an explanation stands for. */
export const explainedError = (secretId: string, { code, context, hint }: Explanation): RekeyError =>
  new RekeyError(code, { context: { secret: secretId, ...context }, hint });

const causes: readonly Cause[] = [
  {
    codes: /^CERT_HAS_EXPIRED$/,
    message: /certificate has expired/,
    reason: "CERT_HAS_EXPIRED",
    hint: "the server's certificate has expired, or this host's clock is off: renew the certificate",
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    message: /certificate is not yet valid/,
    reason: "CERT_NOT_YET_VALID",
    hint: "the server's certificate is not valid yet, or this host's clock is off",
  },
  {
    codes: /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    message: /does not match certificate's altnames/,
    reason: "ERR_TLS_CERT_ALTNAME_INVALID",
    hint: "the server's certificate does not have the host's name: write a name that it has as host, or ssl: \"verify-ca\" in the secret",
  },
  {
    codes: /SELF_SIGNED/,
    message: /self-signed certificate/,
    reason: "SELF_SIGNED_CERT",
    hint: "the certificate's CA is not a public one: give it as sslrootcert in the secret, or as pool.ssl.ca",
  },
  {
    codes: /^UNABLE_TO_/,
    message: /unable to (?:get|verify)/,
    reason: "UNABLE_TO_VERIFY",
    hint: "the certificate's CA is not known here: give it as sslrootcert in the secret, or as pool.ssl.ca (RDS: its bundle)",
  },
  {
    codes: /^HANDSHAKE_NO_SSL_SUPPORT$/,
    message: /does not support secure connection/,
    reason: "server without TLS",
    hint: "the server offers no TLS: turn it on there, or write ssl: false in the secret",
  },
  {
    codes: /^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE)$/,
    message: /alert certificate required|alert bad certificate/,
    reason: "client certificate wanted",
    hint: "the server wants a client's certificate: give cert and key in pool.ssl",
  },
];

const ofTls = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|EPROTO$|HANDSHAKE_SSL_ERROR$)/;

/** pg has no code for a server without TLS. Any other error, such as one that a hook of the service throws, may have any message. */
const codeOf = (error: Error): string =>
  error.message === "The server does not support SSL connections"
    ? "HANDSHAKE_NO_SSL_SUPPORT"
    : String(Reflect.get(error, "code"));

/** Why TLS with the server failed, as this host found out; `undefined`: something else did. */
export function tlsFailure(error: unknown): Explanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  const cause = causes.find(({ codes, message }) =>
    code === "HANDSHAKE_SSL_ERROR" ? message.test(error.message) : codes.test(code),
  );
  if (cause !== undefined) return { code: "tls-refused", context: { reason: cause.reason }, hint: cause.hint };
  return ofTls.test(code) ? { code: "tls-refused", context: { reason: code } } : undefined;
}
