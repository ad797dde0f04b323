const network = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

const tls = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ERR_OSSL|EPROTO)/;

/** Whether a code of Node.js means that a host is not reached, or not any more. */
export const isNetworkFault = (code: string): boolean => network.has(code);

/** Whether a code of Node.js or OpenSSL means that a handshake failed or a certificate is not trusted. */
export const isTlsFault = (code: string): boolean => tls.test(code);
