import { expect, test } from "vitest";
import { tlsFailure } from "./tls-failure.ts";

const nodesError = (code: string, message = "canary"): Error => Object.assign(new Error(message), { code });

test.each([
  ["CERT_HAS_EXPIRED", "certificate has expired", "CERT_HAS_EXPIRED", "renew the certificate"],
  ["CERT_NOT_YET_VALID", "certificate is not yet valid", "CERT_NOT_YET_VALID", "not valid yet"],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "Host does not match certificate's altnames",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "verify-ca",
  ],
  ["HOSTNAME_MISMATCH", "Host does not match certificate's altnames", "ERR_TLS_CERT_ALTNAME_INVALID", "verify-ca"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in chain", "SELF_SIGNED_CERT", "not a public one"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "SELF_SIGNED_CERT", "not a public one"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", "UNABLE_TO_VERIFY", "RDS: its bundle"],
  [
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "unable to get local issuer certificate",
    "UNABLE_TO_VERIFY",
    "RDS: its bundle",
  ],
  ["HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection", "server without TLS", "ssl: false"],
  [
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "alert certificate required",
    "client certificate wanted",
    "cert and key",
  ],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "alert bad certificate", "client certificate wanted", "cert and key"],
])("%s is explained, by its code and by the message that mysql2 gives in its place", (code, message, reason, hint) => {
  const explanation = { code: "tls-refused", context: { reason }, hint: expect.stringContaining(hint) };
  expect(tlsFailure(nodesError(code))).toEqual(explanation);
  expect(tlsFailure(nodesError("HANDSHAKE_SSL_ERROR", `write EPROTO: ${message}`))).toEqual(explanation);
});

test.each([
  "ERR_TLS_INVALID_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_OSSL_ANY",
  "CERT_REVOKED",
  "EPROTO",
  "HANDSHAKE_SSL_ERROR",
  "CERT_HAS_EXPIRED_X",
  "CERT_NOT_YET_VALID_X",
  "ERR_TLS_CERT_ALTNAME_INVALID_X",
  "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED_X",
])("%s is a failure of TLS that is named by its code", (code) =>
  expect(tlsFailure(nodesError(code))).toEqual({ code: "tls-refused", context: { reason: code } }),
);

test("PostgreSQL's driver says in words that a server has no TLS", () => {
  expect(tlsFailure(new Error("The server does not support SSL connections"))).toMatchObject({
    context: { reason: "server without TLS" },
  });
});

test.each([
  ["another code", nodesError("ECONNRESET", "certificate has expired")],
  ["a code that a TLS one is in the middle of", nodesError("NOT_CERT_HAS_EXPIRED")],
  ["a code that only begins as one", nodesError("CERT", "self-signed certificate")],
  ["a longer code", nodesError("EPROTONOSUPPORT")],
  ["a longer code of a failed handshake", nodesError("HANDSHAKE_SSL_ERROR_X", "certificate has expired")],
  ["a longer code of a server without TLS", nodesError("HANDSHAKE_NO_SSL_SUPPORT_X")],
  ["a code that that of a server without TLS is the end of", nodesError("X_HANDSHAKE_NO_SSL_SUPPORT")],
  ["a code that that of a certificate of tomorrow is the end of", nodesError("X_CERT_NOT_YET_VALID")],
  ["a code that that of an unknown CA is the end of", nodesError("X_UNABLE_TO_VERIFY_LEAF_SIGNATURE")],
  ["a code that that of a wanted certificate is the end of", nodesError("X_ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE")],
  ["a longer code of an expired certificate's", nodesError("XHOSTNAME_MISMATCH")],
  ["no code", new Error("certificate has expired")],
  ["no error", { code: "CERT_HAS_EXPIRED" }],
  ["nothing", undefined],
])("%s is no failure of TLS", (_, error) => expect(tlsFailure(error)).toBeUndefined());
