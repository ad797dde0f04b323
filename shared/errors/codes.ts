import type { CodeEntry } from "./code-entry.ts";

/** The one table of error codes. `docs/reference/errors.md` is generated from it; a test raises every row. */
export const codes = {
  "access-denied": {
    disposition: "intervene",
    meaning: "the function's role may not make this call",
    hint: "grant the action named in the context on the secret's full ARN (with its six random characters, or -??????)",
  },
  "account-unsupported": {
    disposition: "abort",
    meaning: "the user's account on the server is set up in a way that cannot be rotated",
    hint: "see the problem in the context: one account per name, with passwords that the server itself stores",
  },
  "admin-secret-refused": {
    disposition: "abort",
    meaning: "the admin secret is not on the allow list",
    hint: "add its ARN to REKEY_ADMIN_SECRETS or to the secret's tag rekey:admin-secret",
  },
  "adoption-unavailable": {
    disposition: "retry",
    meaning: "the table of who uses which version did not take an adoption",
    hint: "the message is delivered again; check the table and the role's dynamodb:UpdateItem permission if it persists",
  },
  "channel-unauthorized": {
    disposition: "intervene",
    meaning: "Redis refused the login, or the user may not publish on the channel",
    hint: "allow the secret's user +publish and the channel: ACL SETUSER <user> resetchannels &<channel> +publish",
  },
  "channel-unavailable": {
    disposition: "retry",
    meaning: "Redis did not take the event for its channel",
    hint: "the message is delivered again; check host, port, security groups and the server's health by the reason in the context",
  },
  "connection-lost": {
    disposition: "retry",
    meaning: "the connection to the database was cut in the middle",
    hint: "the step is repeated and finds out what took effect; look at the server's log and at proxies if it persists",
  },
  "credential-expired": {
    disposition: "intervene",
    meaning: "the user's password or account has expired on the server",
    hint: "extend it on the server (PostgreSQL: ALTER ROLE … VALID UNTIL 'infinity'), then rotate again",
  },
  "client-quota-exceeded": {
    disposition: "retry",
    meaning: "the client's own budget of requests to the source is spent",
    hint: "wait for retryAfterMs; raise the budget, or the TTL, if it persists",
  },
  "credential-orphaned": {
    disposition: "intervene",
    meaning: "no stored version of the credential logs in to the database",
    hint: "set the database password by hand to the one in AWSCURRENT, then rotate again",
  },
  "credential-refused": {
    disposition: "abort",
    meaning: "the database refused the credential that the step must work with",
    hint: "check the user name, its expiry, its LOGIN attribute and the server's host rules",
  },
  "database-busy": {
    disposition: "retry",
    meaning: "the database takes no more connections, or is starting up or shutting down",
    hint: "raise the role's or the server's connection limit, or wait",
  },
  "database-failed": {
    disposition: "abort",
    meaning: "the database refused the statement or the session",
    hint: "look up the SQLSTATE or the error number in the context",
  },
  "database-locked": {
    disposition: "retry",
    meaning: "another session holds a lock that the change of the password needs",
    hint: "look for a long transaction that changes roles or users, and end it",
  },
  "database-read-only": {
    disposition: "abort",
    meaning: "the host in the secret is a read-only replica",
    hint: "name the writer's endpoint in the secret",
  },
  "database-rights-missing": {
    disposition: "intervene",
    meaning: "the session may not change this user",
    hint: "on PostgreSQL 16 and newer: GRANT <user> TO <admin> WITH ADMIN OPTION; the admin also needs CREATEROLE",
  },
  "database-timeout": {
    disposition: "retry",
    meaning: "the database took the connection but did not answer in time",
    hint: "check the server's load, and what stands between it and the function (proxy, inspection)",
  },
  "database-unreachable": {
    disposition: "retry",
    meaning: "no connection to the database could be made",
    hint: "check host, port, security groups and the function's subnets",
  },
  "database-unknown": {
    disposition: "abort",
    meaning: "the database named in the secret does not exist",
    hint: "correct dbname in the secret",
  },
  "engine-unsupported": {
    disposition: "abort",
    meaning: "this function does not rotate the engine that the secret names",
    hint: "use the rotation function of that engine, or correct the secret's engine field",
  },
  "event-malformed": {
    disposition: "abort",
    meaning: "the message is not one of rekey's events",
    hint: "look at the message in the dead-letter queue, and at who else may write to this queue",
  },
  "event-rejected": {
    disposition: "intervene",
    meaning: "the event bus refused the event for good",
    hint: "check EVENT_BUS_NAME and the role's events:PutEvents permission",
  },
  "event-unverified": {
    disposition: "abort",
    meaning: "the message was not signed by SNS, or is not of a topic that is heard",
    hint: "check the topic's ARN, that raw message delivery is off, and who else may reach the webhook",
  },
  "events-unavailable": {
    disposition: "retry",
    meaning: "the event bus did not take the event",
    hint: "the step is repeated by Secrets Manager; no action unless it persists",
  },
  "grace-not-over": {
    disposition: "retry",
    meaning: "the replaced credential may still be in use: its grace period is not over, or a rotation is under way",
    hint: "nothing to do; it is retired later. The tag rekey:grace says how long it lives",
  },
  "internal-fault": {
    disposition: "intervene",
    meaning: "rekey met a state that it does not know",
    hint: "report it with the name in the context; the state in the stores is unchanged or converges on the next try",
  },
  "invalidation-unavailable": {
    disposition: "retry",
    meaning: "the invalidation queue could not be read",
    hint: "check the queue's URL and the service's sqs permissions; the cache falls back to its TTL meanwhile",
  },
  "mirror-conflict": {
    disposition: "retry",
    meaning: "another writer changed the mirrored secret at the same time",
    hint: "the message is delivered again; if it persists, look for a second writer on this path",
  },
  "mirror-path-invalid": {
    disposition: "abort",
    meaning: "the secret's name cannot be used as a Vault path",
    hint: "rename the secret, or give it a path with the tag rekey:vault-path",
  },
  "mirror-rejected": {
    disposition: "intervene",
    meaning: "Vault refused the write",
    hint: "check the mount, that it is KV version 2, and the path",
  },
  "mirror-unavailable": {
    disposition: "retry",
    meaning: "Vault did not answer, is sealed, standing by or limiting the rate",
    hint: "check the Vault cluster's health; the message stays in the queue",
  },
  "mirror-unauthorized": {
    disposition: "intervene",
    meaning: "Vault refused the login, the token or the policy",
    hint: "check the login's credential, and that its policy is the one that rekey vault-policy prints",
  },
  "option-invalid": {
    disposition: "abort",
    meaning: "an option, tag or environment variable has a value that rekey does not take",
    hint: "correct the value named in the context",
  },
  "pending-tampered": {
    disposition: "abort",
    meaning: "AWSPENDING names another host, port, user, database or engine than this rotation would",
    hint: "remove AWSPENDING from that version and rotate again",
  },
  "pool-closed": {
    disposition: "abort",
    meaning: "the rotating pool or the client was closed",
    hint: "create a new one",
  },
  "queue-unavailable": {
    disposition: "retry",
    meaning: "the queue did not take a message, or a change of one",
    hint: "check the queue and the role's sqs permissions if it persists",
  },
  "quota-exceeded": {
    disposition: "intervene",
    meaning: "a quota of Secrets Manager is used up",
    hint: "see the service quotas; versions are cleaned up after 24 hours",
  },
  "records-unavailable": {
    disposition: "retry",
    meaning: "CloudTrail's event history, or the rotation function's log, could not be read",
    hint: "look at the reason in the context; both are only needed to show what happened",
  },
  "rollback-refused": {
    disposition: "abort",
    meaning: "AWSPREVIOUS cannot be made current again",
    hint: "rotate the secret anew instead, which makes a new credential",
  },
  "rotation-disabled": {
    disposition: "abort",
    meaning: "rotation is not enabled for this secret",
    hint: "call RotateSecret with this function's ARN first",
  },
  "rotation-function-failed": {
    disposition: "retry",
    meaning: "the secret's rotation function could not be invoked, or died",
    hint: "look at that function's log, and at the role's lambda:InvokeFunction permission",
  },
  "rotation-failed": {
    disposition: "intervene",
    meaning: "the rotation ended without making its version current",
    hint: "look at the log of the rotation function, mend the cause, and rotate again",
  },
  "rotation-under-way": {
    disposition: "retry",
    meaning: "a rotation of this secret is not finished",
    hint: "wait for Secrets Manager to finish or repeat it; rekey doctor says what keeps it",
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
  "step-invalid": {
    disposition: "abort",
    meaning: "the event is not a Secrets Manager rotation event",
    hint: "the function takes Step, SecretId and ClientRequestToken as Secrets Manager sends them",
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
    hint: "give the right CA, or spell out a weaker mode with the secret's ssl field or the tag rekey:tls",
  },
  "user-collision": {
    disposition: "abort",
    meaning: "the alternate user's name is already used by a role that rekey did not make",
    hint: "rename that role, or name the pair with the tag rekey:alternate-user",
  },
  "version-conflict": {
    disposition: "intervene",
    meaning: "the version already exists with another value",
    hint: "cancel the rotation, remove AWSPENDING from that version and rotate again",
  },
  "version-not-pending": {
    disposition: "abort",
    meaning: "the version is not labelled AWSPENDING, so it must not be promoted",
    hint: "rotate again; a value put by hand in the middle of a rotation ends that rotation",
  },
  "version-not-visible": {
    disposition: "retry",
    meaning: "an event named a newer version than the source shows",
    hint: "a replica lags behind; if it persists, look for an event of another account, or for a replication that is stuck",
  },
  "version-unknown": {
    disposition: "abort",
    meaning: "the secret has no such version, or the version has no value",
    hint: "start the rotation with RotateSecret; do not call the steps by hand",
  },
  "webhook-rejected": {
    disposition: "abort",
    meaning: "a request to a webhook is not one that rekey signed with this key just now",
    hint: "check the key, the receiver's clock, and that the body is verified byte for byte as it was received",
  },
  "webhook-unavailable": {
    disposition: "retry",
    meaning: "the webhook's receiver did not take the event",
    hint: "the message is delivered again; look at the receiver's log for the status in the context",
  },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof codes;
