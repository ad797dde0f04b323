import { tlsTag } from "../../tags/tag-names.ts";
import { certificateHint } from "./certificate-hint.ts";
import { abort, intervene, retry, type CodeEntry } from "../code-entry.ts";

/** What keeps whoever reads or writes Secrets Manager from it: credentials, the clock, TLS, rights, keys, quotas, the value itself. */
export const readingCodes = {
  "access-denied": intervene(
    "the role of this function or process may not make this call",
    "grant the action named in the context on the secret's full ARN (with its six random characters, or -??????)",
  ),
  "clock-skewed": retry(
    "this process's clock is off, so AWS refuses its signatures",
    "set the clock of this machine (NTP); AWS allows five minutes",
  ),
  "credentials-expired": intervene(
    "this process's own AWS credentials have expired",
    "renew them (aws sso login), or use a provider that renews them",
  ),
  "credentials-missing": retry(
    "this process has no AWS credentials: their provider failed, or no region is set",
    "check the process's role or profile, the provider in the context, and AWS_REGION",
  ),
  "credentials-refused": intervene(
    "AWS does not recognize this process's own credentials",
    "check the access key: deleted, disabled, of another partition, or with the wrong secret key",
  ),
  "key-denied": intervene(
    "this process's role may not use the KMS key that encrypts the secret",
    "grant kms:Decrypt in the key's policy and in the role's",
  ),
  "key-unusable": intervene(
    "the KMS key that encrypts the secret is disabled, pending deletion, or not there",
    "enable the key or cancel its deletion, or put the value again under another key",
  ),
  "option-invalid": abort(
    "an option, tag or environment variable has a value that rekey does not take",
    "correct the value named in the context",
  ),
  "quota-exceeded": intervene(
    "a quota of Secrets Manager is used up",
    "see the service quotas; versions are cleaned up after 24 hours",
  ),
  "secret-binary": abort(
    "the secret's value is stored as bytes (SecretBinary), where text is needed",
    "store it as text, in SecretString. A service reads bytes with bytes() of the client's value",
  ),
  "secret-deleted": abort(
    "the secret is marked for deletion, so its value cannot be read",
    "restore it (aws secretsmanager restore-secret), or stop reading it",
  ),
  "secret-malformed": abort(
    "the secret's value is not the JSON that rotation needs",
    "give it the keys engine, host, username and password; see docs/reference/secret.md",
  ),
  "secret-not-found": abort(
    "there is no such secret, or no version with that staging label",
    "check the secret's ARN and the region",
  ),
  "store-rejected": abort(
    "Secrets Manager refused the call",
    "see the reason in the context; the secret may be a replica, or scheduled for deletion",
  ),
  "store-throttled": retry(
    "Secrets Manager is limiting the rate of calls",
    "Secrets Manager repeats the rotation; spread the schedules if it persists",
    "raise the TTL or the quota of GetSecretValue, or read through one agent on each host",
  ),
  "store-unavailable": retry(
    "Secrets Manager could not be reached or failed",
    "check the endpoint, the VPC endpoint and the service's health",
  ),
  "time-budget-spent": retry(
    "the time for this call ran out",
    "raise the function's timeout, or look at what was slow in the log",
    "check the network to the source and its health, or raise requestTimeoutMs",
  ),
  "tls-refused": abort(
    "the server's certificate or its TLS was not acceptable, so nothing was sent",
    `give the right CA, or set a weaker mode with the secret's ssl field or the tag ${tlsTag}`,
    certificateHint,
  ),
  "version-conflict": intervene(
    "the version already exists with another value",
    "cancel the rotation, remove AWSPENDING from that version and rotate again",
  ),
} as const satisfies Record<string, CodeEntry>;
