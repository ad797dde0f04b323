import { tlsTag } from "../../tags/tag-names.ts";
import type { CodeEntry } from "../code-entry.ts";

/** What keeps whoever reads or writes Secrets Manager from it: credentials, the clock, TLS, rights, keys, quotas, the value itself. */
export const readingCodes = {
  "access-denied": {
    disposition: "intervene",
    meaning: "the role of this function or process may not make this call",
    hint: "grant the action named in the context on the secret's full ARN (with its six random characters, or -??????)",
  },
  "clock-skewed": {
    disposition: "retry",
    meaning: "this process's clock is off, so AWS refuses its signatures",
    hint: "set the clock of this machine (NTP); AWS allows five minutes",
  },
  "credentials-expired": {
    disposition: "intervene",
    meaning: "this process's own AWS credentials have expired",
    hint: "renew them (aws sso login), or give the SDK a provider that does so by itself",
  },
  "credentials-missing": {
    disposition: "retry",
    meaning: "this process has no AWS credentials: their provider failed, or no region is set",
    hint: "check the process's role or profile, the provider in the context, and AWS_REGION",
  },
  "credentials-refused": {
    disposition: "intervene",
    meaning: "AWS does not recognize this process's own credentials",
    hint: "check the access key: deleted, disabled, of another partition, or with the wrong secret key",
  },
  "key-denied": {
    disposition: "intervene",
    meaning: "this process's role may not use the KMS key that encrypts the secret",
    hint: "grant kms:Decrypt in the key's policy and in the role's",
  },
  "key-unusable": {
    disposition: "intervene",
    meaning: "the KMS key that encrypts the secret is disabled, pending deletion, or not there",
    hint: "enable the key or cancel its deletion, or put the value again under another key",
  },
  "option-invalid": {
    disposition: "abort",
    meaning: "an option, tag or environment variable has a value that rekey does not take",
    hint: "correct the value named in the context",
  },
  "quota-exceeded": {
    disposition: "intervene",
    meaning: "a quota of Secrets Manager is used up",
    hint: "see the service quotas; versions are cleaned up after 24 hours",
  },
  "secret-binary": {
    disposition: "abort",
    meaning: "the secret's value is stored as bytes (SecretBinary), where text is needed",
    hint: "store it as text, in SecretString. A service reads bytes with bytes() of the client's value",
  },
  "secret-deleted": {
    disposition: "abort",
    meaning: "the secret is marked for deletion, so its value cannot be read",
    hint: "restore it (aws secretsmanager restore-secret), or stop reading it",
  },
  "secret-malformed": {
    disposition: "abort",
    meaning: "the secret's value is not the JSON that rotation needs",
    hint: "give it the keys engine, host, username and password; see docs/reference/secret.md",
  },
  "secret-not-found": {
    disposition: "abort",
    meaning: "there is no such secret, or no version with that staging label",
    hint: "check the secret's ARN and the region",
  },
  "store-rejected": {
    disposition: "abort",
    meaning: "Secrets Manager refused the call",
    hint: "see the reason in the context; the secret may be a replica, or scheduled for deletion",
  },
  "store-throttled": {
    disposition: "retry",
    meaning: "Secrets Manager is limiting the rate of calls",
    hint: "Secrets Manager repeats the rotation; spread the schedules if it persists",
  },
  "store-unavailable": {
    disposition: "retry",
    meaning: "Secrets Manager could not be reached or failed",
    hint: "check the endpoint, the VPC endpoint and the service's health",
  },
  "time-budget-spent": {
    disposition: "retry",
    meaning: "the time for this call ran out",
    hint: "raise the function's timeout, or look at what was slow in the log",
  },
  "tls-refused": {
    disposition: "abort",
    meaning: "the server's certificate or its TLS was not acceptable, so nothing was sent",
    hint: `give the right CA, or spell out a weaker mode with the secret's ssl field or the tag ${tlsTag}`,
  },
  "version-conflict": {
    disposition: "intervene",
    meaning: "the version already exists with another value",
    hint: "cancel the rotation, remove AWSPENDING from that version and rotate again",
  },
} as const satisfies Record<string, CodeEntry>;
