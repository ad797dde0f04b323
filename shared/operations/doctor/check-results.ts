import { codes, type ErrorCode } from "../../errors/codes.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";
import { secretTags } from "../../tags/tag-table.ts";
import { passwordHashTag, redisReplicasTag, tlsTag } from "../../tags/tag-names.ts";

/** `error`: the next rotation fails. `warning`: it works, and something is not as it should be. */
type Severity = "error" | "warning";

/**
 * What the doctor finds beyond the errors that a rotation itself would meet; those keep their own code.
 * `docs/reference/findings.md` is generated from it.
 */
export const checks = {
  "admin-not-set": {
    severity: "error",
    meaning: "the strategy needs an admin's rights, and the secret has no admin secret",
    remedy:
      "add the admin secret's ARN to REKEY_ADMIN_SECRETS (template parameter AdminSecretArns) and to the secret's masterarn",
  },
  "change-until-restart": {
    severity: "warning",
    meaning:
      "the server keeps its users in memory only: it forgets each new password at its next restart, and takes the old one again",
    remedy:
      "Redis: start it with an aclfile that it may write, or with a configuration file, and let the admin rewrite that: ACL SETUSER <admin> +config|rewrite",
  },
  "accounts-of-one-name": {
    severity: "warning",
    meaning: "several accounts on the server have the user's name, for clients from different hosts",
    remedy:
      "nothing, where all have one password: the admin changes them together. One with another password is left as it is; services that come in by it are not served by this secret",
  },
  "accounts-unseen": {
    severity: "warning",
    meaning:
      "whether other accounts on the server have the user's name cannot be seen; they would keep the old password",
    remedy:
      "look: SELECT User, Host FROM mysql.user WHERE User = '<user>'; where there are some, give the secret an admin",
  },
  "concurrency-cannot-be-seen": {
    severity: "warning",
    meaning: "how many functions the account may run at once could not be read",
    remedy: "run the doctor with lambda:GetAccountSettings",
  },
  "concurrency-low": {
    severity: "warning",
    meaning:
      "the account may run only a few functions at once, and rekey's queues alone can take all of them: then a step of a rotation is throttled",
    remedy:
      "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000",
  },
  "dead-letters-waiting": {
    severity: "warning",
    meaning: "a dead-letter queue of the stack is not empty: a mirror, a subscriber or a webhook missed a change",
    remedy: "mend what its messages failed for, then: rekey redrive <queue>",
  },
  "engine-untested": {
    severity: "warning",
    meaning: "the engine is experimental: it never ran on a real server, and the secret's tags accept that",
    remedy:
      "rotate a test user of a test server of the same version first, and keep another way to log in as an administrator",
  },
  "engine-version-unsupported": {
    severity: "warning",
    meaning: "the server is older than the oldest version that rekey supports",
    remedy: "upgrade the server, or rotate a test user on it first",
  },
  "function-cannot-be-seen": {
    severity: "warning",
    meaning: "the rotation function's configuration could not be read, so its time-out and role were not checked",
    remedy: "run the doctor with lambda:GetFunctionConfiguration on the function",
  },
  "function-timeout-short": {
    severity: "warning",
    meaning: "the function may end before the longest step does",
    remedy: "raise the function's Timeout to the seconds in the detail",
  },
  "iam-cannot-be-seen": {
    severity: "warning",
    meaning: "the role's permissions could not be simulated",
    remedy: "run the doctor with iam:SimulatePrincipalPolicy on the role",
  },
  "iam-denied": {
    severity: "error",
    meaning: "the function's role may not make a call that it needs",
    remedy:
      "allow the role the actions in the detail on that resource (a secret by its full ARN, or its ARN with -?????? at the end)",
  },
  "key-cannot-be-seen": {
    severity: "warning",
    meaning: "the secret names its KMS key by an alias, so whether the function's role may use the key was not checked",
    remedy:
      "the key that aws kms describe-key --key-id <alias> names must be one of the template parameter SecretsKmsKeyArn",
  },
  "key-not-granted": {
    severity: "error",
    meaning: "the function's role may not use the KMS key of the secret, so it can neither read nor write a version",
    remedy:
      "add the key's ARN to the template parameter SecretsKmsKeyArn, or allow a role of your own kms:Decrypt and kms:GenerateDataKey on it",
  },
  "mirror-path-denied": {
    severity: "error",
    meaning: "Vault's policy does not let the mirror write this path",
    remedy:
      'path "<mount>/data/<path>" { capabilities = ["create", "read", "update"] } path "<mount>/metadata/<path>" { capabilities = ["patch"] }',
  },
  "not-delivered": {
    severity: "error",
    meaning: "the stack's function does not look after this secret, so a new version is not announced, or not mirrored",
    remedy: "add the secret's ARN to the template parameter SecretArnPattern",
  },
  "not-rotated-by-aws": {
    severity: "warning",
    meaning: "an AWS service owns the secret and does not rotate it",
    remedy: "where the service can rotate it, turn that on there; rekey delivers each value that the service puts",
  },
  "pair-of-alternate": {
    severity: "warning",
    meaning: "AWSCURRENT's user looks like another function's alternate, and its own alternate would be named after it",
    remedy:
      'where it is one: rotate once more with the function that made it, so that AWSCURRENT is the first user, or put the value again with the pair, "alternateusers": ["<first user>", "<alternate>"], and grant the alternate with REKEY_USER_GRANTS',
  },
  "password-not-managed": {
    severity: "warning",
    meaning: "the user has more passwords or keys than rekey gave it: another service may use them",
    remedy:
      "give that service a user or an account of its own; Redis and OpenLDAP keep its password until you take it off (ACL SETUSER <user> <<password>; delete the value of userPassword), of an HTTP API the next rotation deletes its key",
  },
  "password-hash-changes": {
    severity: "warning",
    meaning: "the next rotation changes the form in which the server keeps the password, as the secret's tag asks",
    remedy: `check that every client of the user can log in with the new form, or remove the tag ${passwordHashTag}`,
  },
  "password-hash-weak": {
    severity: "warning",
    meaning: "the server keeps the user's password as an MD5 hash, and rotations leave it so",
    remedy: `once every client of the user can log in with SCRAM, set the secret's tag ${passwordHashTag} to scram-sha-256`,
  },
  "pending-left": {
    severity: "error",
    meaning: "AWSPENDING is on a version that is not current: an unfinished rotation blocks the next one",
    remedy:
      "wait for Secrets Manager to repeat it; else: aws secretsmanager update-secret-version-stage --secret-id <arn> --version-stage AWSPENDING --remove-from-version-id <version>",
  },
  "queues-cannot-be-seen": {
    severity: "warning",
    meaning: "the stack's dead-letter queues could not be looked at",
    remedy: "run the doctor with sqs:ListQueues and, on the queues, sqs:GetQueueAttributes",
  },
  "replica-behind": {
    severity: "warning",
    meaning: "a replica of the secret does not have the current value",
    remedy:
      "look at ReplicationStatus of the secret; a replica that failed is made again with ReplicateSecretToRegions",
  },
  "rotation-off": {
    severity: "warning",
    meaning: "rotation is not enabled for this secret",
    remedy: "aws secretsmanager rotate-secret --secret-id <arn> --rotation-lambda-arn <function> --rotation-rules …",
  },
  "server-replica-lagging": {
    severity: "warning",
    meaning: "the host is a replica that is behind its primary",
    remedy: "name the writer's endpoint in the secret",
  },
  "server-locks-early": {
    severity: "warning",
    meaning: "the server locks an account after few refused logins; after a crash rekey may need up to five",
    remedy: "let the server forget refusals after minutes, or raise the limit above five",
  },
  "tag-unknown": {
    severity: "warning",
    meaning: "the secret has a tag in rekey's name that rekey does not read, so it has no effect",
    remedy: `correct the tag's name, or remove the tag; a secret can have ${secretTags.join(", ")}`,
  },
  "tls-not-verified": {
    severity: "warning",
    meaning: "the connection to the database is not fully verified",
    remedy: `remove ssl from the secret or ${tlsTag} from its tags (verify-full), and give the CA as sslrootcert`,
  },
  "restart-cannot-be-seen": {
    severity: "warning",
    meaning: "whether a new password outlives a restart of the server could not be seen",
    remedy: "Redis: ACL SETUSER <admin> +config|get +info",
  },
  "user-expires": {
    severity: "warning",
    meaning: "the user's password expires on the server, within 30 days or already",
    remedy: "extend it on the server (PostgreSQL: ALTER ROLE … VALID UNTIL 'infinity')",
  },
  "user-of-servers": {
    severity: "warning",
    meaning:
      "the servers log in to each other by this user (replicas, Sentinel): they keep the old password until they are told",
    remedy:
      "give replication a user of its own (Redis: masteruser and masterauth, Sentinel's auth-user and auth-pass), or change those settings after each rotation and before the next",
  },
  "users-not-replicated": {
    severity: "warning",
    meaning:
      "the server has replicas or further nodes, which have users of their own, and the secret does not list them all: they keep the old password, also when one of them takes over",
    remedy: `list every node in the secret's hosts, and set the tag ${redisReplicasTag} to change where some are replicas`,
  },
  "user-shared": {
    severity: "error",
    meaning: "another rotated secret manages the same user on the same host: each rotation breaks the other secret",
    remedy: "let both services read one secret, or give the second one a user of its own",
  },
} as const satisfies Record<string, { severity: Severity; meaning: string; remedy: string }>;

type OwnCode = keyof typeof checks;

export interface CheckResult {
  readonly code: OwnCode | ErrorCode;
  readonly severity: Severity;
  readonly meaning: string;
  /** The command or statement that fixes it. */
  readonly remedy: string;
  /** Names, ids and numbers only. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export function checkResult(code: OwnCode, detail: CheckResult["detail"] = {}): CheckResult {
  return { code, ...checks[code], detail };
}

/** What a rotation would fail with. */
export function failedCheck({ code, hint, context }: RekeyError): CheckResult {
  const known = Object.entries(context).filter(([, value]) => value !== undefined);
  const detail = Object.fromEntries(known) as CheckResult["detail"];
  return { code, severity: "error", meaning: codes[code].meaning, remedy: hint, detail };
}
