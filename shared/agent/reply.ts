import { RekeyError } from "../errors/rekey-error.ts";

/** What the agent answers when it gives no secret. */
export interface Reply {
  readonly status: number;
  readonly contentType: "text/plain" | "application/json";
  readonly body: string;
  /** For its count in the metrics. */
  readonly outcome: string;
  readonly retryAfterMs?: number | undefined;
}

/** Statuses and words are those of AWS's agent, so that a client which compares them goes on working. */
export const refusal = (status: number, body: string, outcome: string): Reply => ({
  status,
  contentType: "text/plain",
  body,
  outcome,
});

type Known = readonly [status: number, type: string, message: string];

const timeout: Known = [504, "TimeoutError", "Timeout"];
const unreachable: Known = [502, "ConnectionError", "Read Error"];
const throttled: Known = [400, "ThrottlingException", "Rate exceeded"];
const denied: Known = [400, "AccessDeniedException", "the agent's identity may not read this secret"];
const keyDenied: Known = [400, "AccessDeniedException", "the agent's identity may not use the secret's KMS key"];
const keyUnusable: Known = [400, "AccessDeniedException", "the secret's KMS key cannot be used"];
const ownTrouble: Known = [
  502,
  "ConnectionError",
  "the agent's own credentials, clock or settings keep it from the source",
];
const deleted: Known = [400, "InvalidRequestException", "the secret is marked for deletion"];
const invalid: Known = [400, "InvalidParameterException", "the secret id is not one that the source takes"];
const notSeen: Known = [503, "ServiceUnavailable", "only a version older than one that was served is to be had now"];
const closing: Known = [503, "ServiceUnavailable", "the agent is stopping"];
const unknown: Known = [500, "InternalFailure", ""];

const byCode: Readonly<Partial<Record<RekeyError["code"], Known>>> = {
  "access-denied": denied,
  "client-quota-exceeded": throttled,
  "clock-skewed": ownTrouble,
  "credentials-expired": ownTrouble,
  "credentials-missing": ownTrouble,
  "credentials-refused": ownTrouble,
  "key-denied": keyDenied,
  "key-unusable": keyUnusable,
  "mirror-path-invalid": invalid,
  "mirror-unauthorized": denied,
  "mirror-unavailable": unreachable,
  "option-invalid": invalid,
  "pool-closed": closing,
  "secret-deleted": deleted,
  "secret-not-found": [400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."],
  "store-rejected": [400, "InvalidRequestException", "Secrets Manager refused the request"],
  "store-throttled": throttled,
  "store-unavailable": unreachable,
  "time-budget-spent": timeout,
  "tls-refused": unreachable,
  "vault-behind": unreachable,
  "vault-login-refused": ownTrouble,
  "vault-mount-missing": ownTrouble,
  "vault-mount-version": ownTrouble,
  "vault-namespace-missing": ownTrouble,
  "vault-sealed": unreachable,
  "vault-standby": unreachable,
  "vault-throttled": throttled,
  "vault-token-expired": ownTrouble,
  "vault-token-refused": ownTrouble,
  "vault-uninitialized": unreachable,
  "version-not-visible": notSeen,
};

const roleDenied: Known = [403, "AccessDeniedException", "the agent's identity may not assume this role"];

/** An error in the JSON shape of AWS's services. */
export function failure({ code, context, retryAfterMs }: RekeyError): Reply {
  const isOfRole = code === "access-denied" && context["operation"] === "AssumeRole";
  const [status, type, message] = isOfRole ? roleDenied : (byCode[code] ?? unknown);
  const body = JSON.stringify({ __type: type, ...(message === "" ? {} : { message }) });
  return { status, contentType: "application/json", body, outcome: code, retryAfterMs };
}

/** For a fault of the agent itself. */
export const fault: Reply = failure(new RekeyError("internal-fault"));
