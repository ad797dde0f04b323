import type { Exemption } from "../../shared/testing/engine-contract/fixture.ts";

/** Of an engine whose every request names the user and shows the password. */
export const httpExemptions: readonly Exemption[] = [
  { clause: "healthy", reason: "each request is a connection of its own, so there are more than two" },
  { clause: "locked", reason: "the API has no locks that last" },
  { clause: "unknown-database", reason: "a login names no database" },
  {
    clause: "clear-password-asked",
    reason:
      "the API knows no other login; the password goes to a verified certificate, or where the secret says ssl: false",
  },
  {
    clause: "tls-not-verified",
    reason: "the API is handed the password in clear, so a certificate that is not verified is refused: ssl: require",
  },
];
