import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { oldestVersions } from "./product.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
}

/** The broker's own numbers. Source: Errors in Kafka's clients. */
export const errors = {
  none: 0,
  unsupportedMechanism: 33,
  securityDisabled: 54,
  authenticationFailed: 58,
  noSuchCredential: 91,
} as const;

const rightsMissing: Meaning = {
  code: "database-rights-missing",
  reason: "not authorized",
  hint: "on Kafka a password is changed by whoever has Alter and Describe on the cluster, and a pair by who has AlterConfigs and DescribeConfigs too: name an admin secret in masterarn, or give the admin these rights (kafka-acls --cluster)",
};

const meanings: Readonly<Record<number, Meaning>> = {
  7: { code: "database-timeout", reason: "request timed out" },
  13: { code: "database-busy", reason: "no controller" },
  31: rightsMissing,
  35: {
    code: "server-too-old",
    reason: "unknown request",
    hint: `rekey needs Kafka ${oldestVersions.Kafka} or newer; a service that is compatible with Kafka may not have these requests`,
  },
  41: { code: "database-busy", reason: "not the controller" },
  54: { code: "database-failed", reason: "no authorizer" },
  58: { code: "credential-refused", reason: "login refused" },
  93: { code: "account-unsupported", reason: "unacceptable credential" },
};

/** The error for a number that a broker answered; its own words are not looked at. */
function brokerError(number: number, operation: string): RekeyError {
  const { code, reason, hint } = meanings[number] ?? { code: "database-failed", reason: "error" };
  return new RekeyError(code, { context: { operation, reason, error: number }, hint });
}

export function requireNone(number: number, operation: string): void {
  if (number !== errors.none) throw brokerError(number, operation);
}
