import type { CodeEntry } from "../code-entry.ts";

/** What keeps a reader from Secrets Manager: its own credentials, its clock, keys, a deletion. */
export const readingCodes = {
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
  "secret-deleted": {
    disposition: "abort",
    meaning: "the secret is marked for deletion, so its value cannot be read",
    hint: "restore it (aws secretsmanager restore-secret), or stop reading it",
  },
} as const satisfies Record<string, CodeEntry>;
