import type { Explanation } from "./explanation.ts";

/** What Node and OpenSSL say of a certificate, by the code or, where a driver replaced the code, in the message. */
const causes: readonly (readonly [RegExp, string, string])[] = [
  [
    /CERT_HAS_EXPIRED|certificate has expired/,
    "CERT_HAS_EXPIRED",
    "the server's certificate has expired, or this host's clock is off: renew the certificate",
  ],
  [
    /CERT_NOT_YET_VALID|certificate is not yet valid/,
    "CERT_NOT_YET_VALID",
    "the server's certificate is not valid yet, or this host's clock is off",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|does not match certificate's altnames/,
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "the server's certificate does not have the host's name: write a name that it has as host, or ssl: \"verify-ca\" in the secret",
  ],
  [
    /SELF_SIGNED|self-signed certificate/,
    "SELF_SIGNED_CERT",
    "the certificate's CA is not a public one: give it as sslrootcert in the secret, or as pool.ssl.ca",
  ],
  [
    /UNABLE_TO_|unable to (?:get|verify)/,
    "UNABLE_TO_VERIFY",
    "the certificate's CA is not known here: give it as sslrootcert in the secret, or as pool.ssl.ca (RDS: its bundle)",
  ],
  [
    /HANDSHAKE_NO_SSL_SUPPORT|does not support SSL connections/,
    "server without TLS",
    "the server offers no TLS: turn it on there, or write ssl: false in the secret",
  ],
  [
    /CERTIFICATE_REQUIRED|BAD_CERTIFICATE|certificate required/,
    "client certificate wanted",
    "the server wants a client's certificate: give cert and key in pool.ssl",
  ],
];

const ofTls = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|EPROTO$|HANDSHAKE_SSL_ERROR$)/;

/** Why TLS with the server failed; `undefined`: something else did. */
export function tlsFailure(error: unknown): Explanation | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = String(Reflect.get(error, "code") ?? "");
  // Only what this host found out: a server that speaks in words of its own may say anything.
  if (Reflect.has(error, "severity") || Reflect.has(error, "sqlState")) return undefined;
  const cause = causes.find(([text]) => text.test(code) || text.test(error.message));
  if (cause !== undefined) return { code: "tls-refused", context: { reason: cause[1] }, hint: cause[2] };
  return ofTls.test(code) ? { code: "tls-refused", context: { reason: code } } : undefined;
}
