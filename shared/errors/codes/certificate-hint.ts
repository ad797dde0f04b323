/** For whoever reads over TLS, of each source. */
export const certificateHint =
  "give the root certificate that signed the endpoint's (NODE_EXTRA_CA_CERTS; ca for Vault); look for a proxy that opens TLS";
