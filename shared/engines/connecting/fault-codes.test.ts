import { expect, test } from "vitest";
import { isNetworkFault, isTlsFault } from "./fault-codes.ts";

test.each([
  ["ECONNREFUSED", "network"],
  ["ENOTFOUND", "network"],
  ["ETIMEDOUT", "network"],
  ["EPROTO", "TLS"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "TLS"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "TLS"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "TLS"],
  ["CERT_HAS_EXPIRED", "TLS"],
  ["28P01", "neither"],
  ["PROTOCOL_CONNECTION_LOST", "neither"],
])("%s is a fault of: %s", (code, fault) => {
  expect({ network: isNetworkFault(code), tls: isTlsFault(code) }).toEqual({
    network: fault === "network",
    tls: fault === "TLS",
  });
});
